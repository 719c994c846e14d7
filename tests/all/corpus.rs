//! Real files made by nobody here: each is probed and rendered as an item, and ends as a passed deliverable or a typed
//! refusal that is justified by name. Skipped, saying so, where the shared media are not beside the checkout.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// Files that must be refused, with the reason's code and why that is right. Every other media file must pass.
const REFUSED: &[(&str, &str, &str)] = &[
    ("audio/androidx__play-trimmed.mp3", "not-media", "one frame in 418 bytes: FFmpeg finds no second to sync on"),
    (
        "audio/hound__waveformatextensible-24bit-4byte-48kHz-stereo.wav",
        "unsupported-codec",
        "24-bit float PCM: FFmpeg 5.1 has no decoder",
    ),
    ("audio/mutagen__nero-chapters.m4b", "sound-undecodable", "holds tags and chapters but no sample"),
    ("audio/tinytag__aiff_with_image.aiff", "sound-undecodable", "holds tags but no sample"),
    ("audio/tinytag__alac_file.m4a", "sound-undecodable", "cut off before its first sample"),
    ("audio/tinytag__cover_img.mp3", "not-media", "tags only, no sound"),
    ("audio/tinytag__utf16be.mp3", "not-media", "tags only, no sound"),
    (
        "broken/androidx__100kB-garbage-prefix.mp3",
        "not-media",
        "its garbage would else be read as 70 s of raw AMR speech",
    ),
    ("image/exifsamples__IMG_5195.HEIC", "not-media", "tiled HEIC: FFmpeg 5.1 has no support"),
    ("image/pillow__decompression_bomb.gif", "picture-undecodable", "claims 65,535 lines in 44 bytes"),
    ("image/sharp__65536-uint32-limit.png", "picture-undecodable", "beyond the pixel limit"),
    ("image/sharp__big-height.webp", "picture-undecodable", "beyond what its own decoder allows"),
    ("image/sharp__giant-image.jpg", "picture-undecodable", "beyond the pixel limit"),
    ("image/sharp__rotating-squares.webp", "picture-undecodable", "animated WebP: FFmpeg 5.1 has no support"),
    ("video/wpt__2x2-green.ogv", "undecodable", "a 2 × 2 crop: FFmpeg's Theora refuses it"),
    ("video/wpt__video_512x288_h264-360k_enc_dashinit.mp4", "encrypted", "CENC"),
];

/// Folders whose files must be refused or survived: either ending is right, a crash or a hang is not.
const HOSTILE: &[&str] =
    &["broken/", "conformance/flac/", "conformance/pngsuite/imagepng__x", "conformance/segmentation/"];

/// Folders that hold no media: captions, edit lists, other programs' dumps. All are refused.
const NOT_MEDIA: &[&str] = &["captions/", "edits/", "expected/"];

#[test]
fn every_shared_file_becomes_a_passed_deliverable_or_a_justified_refusal() {
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/media");
    if !media.is_dir() {
        println!("skipped: no shared media beside this checkout");
        return;
    }
    let files = listing(&media);
    let work = tempfile::tempdir().expect("a scratch folder");
    let (next, counts, wrong) =
        (AtomicUsize::new(0), Mutex::new(BTreeMap::<String, u32>::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for lane in 0..2 {
            let (files, media, next, counts, wrong) = (&files, &media, &next, &counts, &wrong);
            let folder = work.path().join(lane.to_string());
            scope.spawn(move || {
                std::fs::create_dir_all(&folder).expect("a lane's folder");
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = file.strip_prefix(media).expect("listed below it").to_string_lossy().into_owned();
                    match judge(file, &name, &folder) {
                        Ok(class) => *counts.lock().expect("no panic holds it").entry(class).or_default() += 1,
                        Err(what) => wrong.lock().expect("no panic holds it").push(format!("{name}: {what}")),
                    }
                }
            });
        }
    });
    let counts = counts.into_inner().expect("threads ended");
    for (class, count) in &counts {
        println!("{count:4}  {class}");
    }
    let wrong = wrong.into_inner().expect("threads ended");
    assert!(wrong.is_empty(), "{} files ended wrongly:\n{}", wrong.len(), wrong.join("\n"));
    assert!(counts.values().sum::<u32>() > 250, "the shared media hold about 300 files");
}

/// Probes and renders one file; returns its class and ending, or what is wrong.
fn judge(file: &Path, name: &str, folder: &Path) -> Result<String, String> {
    let folder_name = name.split('/').next().unwrap_or_default();
    let probe = bookend(folder, &["probe", "--json", &file.to_string_lossy()]);
    let facts = last_line(&probe)?;
    let rendered = render(file, folder);
    let outcome = last_line(&rendered)?;
    let (probed, ended) = (probe.status.code(), rendered.status.code());
    let code = facts["reason"]["code"].as_str().unwrap_or_default();
    let justified = REFUSED.iter().find(|(refused, _, _)| *refused == name);
    let hostile = HOSTILE.iter().any(|start| name.starts_with(start));
    let not_media = NOT_MEDIA.iter().any(|start| name.starts_with(start))
        || [".tsv", ".dat", ".json", ".csv", ".txt", ".md", ".xml", ".rttm"].iter().any(|end| name.ends_with(end));
    match (probed, ended) {
        (Some(0), Some(0)) => {
            if not_media || justified.is_some() {
                return Err("was taken though it should be refused".into());
            }
            let deliverable = &outcome["deliverables"][0];
            if deliverable["passed"] != true {
                return Err(format!("did not pass: {outcome}"));
            }
            let path = deliverable["files"][0].as_str().ok_or("no file in the outcome")?;
            frames_agree(&folder.join(path), &folder.join(deliverable["report"].as_str().unwrap_or_default()))?;
            Ok(format!("{folder_name}: passed"))
        }
        (Some(3), Some(3)) => match justified {
            Some((_, wanted, _)) if *wanted == code => Ok(format!("{folder_name}: refused, {code}")),
            Some((_, wanted, _)) => Err(format!("refused as {code}, not {wanted}")),
            None if hostile || not_media => Ok(format!("{folder_name}: refused, {code}")),
            None => Err(format!("refused without justification: {facts}")),
        },
        _ => Err(format!(
            "probe exits {probed:?}, render {ended:?}: {facts} {outcome}\n{}",
            String::from_utf8_lossy(&rendered.stderr)
        )),
    }
}

fn render(file: &Path, folder: &Path) -> Output {
    let source = file.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    let rundown = format!(
        "id = \"corpus\"\n[house]\nraster = \"320x180\"\nrate = \"25\"\n[[segment]]\n[[segment.item]]\nsource = \"{source}\"\nduration = \"1s\"\n"
    );
    std::fs::write(folder.join("corpus.toml"), rundown).expect("the rundown is written");
    bookend(folder, &["render", "corpus.toml", "--outlet", "preview-360p", "--out", "out", "--json"])
}

/// Counts the deliverable's frames with another program and compares with the report.
fn frames_agree(file: &Path, report: &Path) -> Result<(), String> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames"])
        .args(["-of", "csv=p=0"])
        .arg(file)
        .output()
        .map_err(|error| format!("ffprobe does not start: {error}"))?;
    let counted: u64 = String::from_utf8_lossy(&output.stdout).trim().trim_end_matches(',').parse().map_err(|_| {
        format!("ffprobe counts no frames in {}: {}", file.display(), String::from_utf8_lossy(&output.stderr))
    })?;
    let report = std::fs::read_to_string(report).map_err(|error| format!("no report: {error}"))?;
    let report: Value = serde_json::from_str(&report).map_err(|error| format!("the report is no JSON: {error}"))?;
    let promised = report["programme"]["frames"].as_u64();
    if promised == Some(counted) {
        Ok(())
    } else {
        Err(format!("{counted} frames decode, the report says {promised:?}"))
    }
}

fn bookend(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bookend"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("BOOKEND_STORE")
        .output()
        .expect("the binary starts")
}

fn last_line(output: &Output) -> Result<Value, String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(line) = text.lines().last() else {
        // A refusal before the first result may say all it has to say on stderr.
        return Ok(Value::Null);
    };
    serde_json::from_str(line).map_err(|error| format!("`{line}` is no JSON: {error}"))
}

fn listing(root: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder lists") {
            let path = entry.expect("the entry reads").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}
