//! Files that cannot be shown or played, and points that do not lie in them.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use rustix::fs::inotify;

use super::Good;
use crate::cli::stage::{Stage, ffmpeg};

#[test]
fn a_file_that_is_no_media_is_refused_by_reason() {
    let good = Good::render();
    let stage = &good.stage;
    fs::create_dir(stage.path("folder.mp4")).unwrap();
    stage.write("zero.mp4", "");
    stage.write("text.mp4", "This is a letter, not a film.\n");
    stage.write(
        "noise.mp4",
        (0..200_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<_>>(),
    );
    stage.write("titles.srt", "1\n00:00:01,000 --> 00:00:02,000\nhello\n");
    ffmpeg(&["-i", stage.path("titles.srt").to_str().unwrap()], &stage.path("titles.mkv"));
    for (file, words) in [
        ("missing.mp4", ["there is no file missing.mp4", "check the path"]),
        ("folder.mp4", ["not a regular file", "name a media file"]),
        ("zero.mp4", ["has no bytes", "send it again"]),
        ("text.mp4", ["text.mp4: it is not a media file", "check the file"]),
        ("noise.mp4", ["noise.mp4: it is not a media file", "check the file"]),
        ("titles.mkv", ["neither a picture nor a sound track", "use a file with picture or sound"]),
    ] {
        good.refuses(&format!("source = \"{file}\""), 3, &words);
    }
}

#[test]
fn a_file_that_may_not_be_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: root may read everything");
        return;
    }
    let good = Good::render();
    fs::set_permissions(good.stage.path("two.mp4"), fs::Permissions::from_mode(0o000)).unwrap();
    good.refuses("source = \"two.mp4\"", 3, &["two.mp4", "permission"]);
}

#[test]
fn a_truncated_file_is_shown_as_far_as_it_goes_or_refused() {
    let stage = Stage::new();
    let one = stage.path("one.mp4");
    let copy = |options: &[&str], to: &str| {
        ffmpeg(&[&["-i", one.to_str().unwrap(), "-c", "copy"], options].concat(), &stage.path(to))
    };
    copy(&["-movflags", "+faststart"], "first.mp4");
    copy(&[], "one.mkv");
    copy(&[], "one.ts");
    let mut refused = Vec::new();
    for whole in ["one.mp4", "first.mp4", "one.mkv", "one.ts"] {
        let bytes = fs::read(stage.path(whole)).unwrap();
        for tenths in [1, 5, 9] {
            let name = format!("cut{tenths}-{whole}");
            stage.write(&name, &bytes[..bytes.len() * tenths / 10]);
            stage.episode("cut", &[&format!("source = \"{name}\"")]);
            let told = stage.render("cut");
            match told.code {
                Some(0) => assert_eq!(told.outcome()["deliverables"][0]["passed"], true, "{name}: {told:#?}"),
                _ => {
                    told.failed(3, &["cut.toml:6: segment 1, item 1", &name, "("]);
                    refused.push(name.clone());
                }
            }
            assert!(stage.store().scratch().is_empty(), "{name}");
        }
    }
    // Without its end an MP4 of this kind has no index; everything else has frames to show.
    assert_eq!(refused, ["cut1-one.mp4", "cut5-one.mp4", "cut9-one.mp4"]);
}

/// Frames that cannot be decoded show the one before, are told of, and are no more than half a second in a row.
#[test]
fn a_picture_damaged_inside_is_held_for_a_moment_or_refused() {
    let stage = Stage::new();
    let whole = stage.path("whole.mp4");
    let picture = "testsrc2=size=160x90:rate=25:duration=6";
    ffmpeg(&["-f", "lavfi", "-i", picture, "-c:v", "libx264", "-bf", "0", "-g", "25", "-pix_fmt", "yuv420p"], &whole);
    let found = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "packet=pos,size", "-of", "csv=p=0"])
        .arg(&whole)
        .output()
        .unwrap();
    let packets: Vec<Vec<usize>> = String::from_utf8(found.stdout)
        .unwrap()
        .lines()
        .map(|line| line.split(',').map(|number| number.parse().unwrap()).collect())
        .collect();
    assert_eq!(packets.len(), 150);
    let damage = |name: &str, frames: std::ops::Range<usize>| {
        let mut bytes = fs::read(&whole).unwrap();
        for packet in &packets[frames] {
            // The length, and as much of the slice's header as names the picture; what follows makes no sense.
            let (size, at) = (packet[0], packet[1]);
            bytes[at + 8..at + size].fill(0);
        }
        stage.write(name, bytes);
        stage.show(&[&format!("source = \"{name}\"")]);
        stage.render("show")
    };
    let told = damage("moment.mp4", 101..105);
    told.ended(0);
    let report = &told.outcome()["deliverables"][0]["report"];
    let report = fs::read_to_string(stage.path(report.as_str().unwrap())).unwrap();
    assert!(report.contains("damaged in the source, repaired or held: 101f to 104f"), "{report}");

    let told = damage("long.mp4", 101..140);
    told.failed(3, &["long.mp4", "frames 101f to ", "cannot be decoded", "`in` and `out`"]);
    assert!(stage.store().scratch().is_empty());

    // As the error says: what is left out harms nobody.
    stage.show(&["source = \"long.mp4\"\nin = \"142f\""]);
    stage.render("show").ended(0);
}

#[test]
fn a_text_that_names_files_and_hosts_opens_neither() {
    let good = Good::render();
    let stage = &good.stage;
    let canary = stage.path("canary.ts");
    ffmpeg(&["-i", stage.path("one.mp4").to_str().unwrap(), "-c", "copy"], &canary);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let host = listener.local_addr().unwrap();
    let watch = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
    inotify::add_watch(&watch, &canary, inotify::WatchFlags::OPEN | inotify::WatchFlags::ACCESS).unwrap();
    let opened = || rustix::io::read(&watch, &mut [0_u8; 4096]).is_ok();

    let path = canary.display();
    let playlist = |segment: &str| format!("#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{segment}\n#EXT-X-ENDLIST\n");
    let texts = [
        ("local", playlist(&format!("file://{path}"))),
        ("plain", playlist(&path.to_string())),
        ("host", playlist(&format!("http://{host}/canary.ts"))),
        ("concat", format!("ffconcat version 1.0\nfile '{path}'\n")),
        (
            "session",
            format!(
                "v=0\no=- 0 0 IN IP4 {0}\ns=x\nc=IN IP4 {0}\nt=0 0\nm=video {1} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
                host.ip(),
                host.port()
            ),
        ),
    ];
    for (name, text) in texts {
        for extension in ["mp4", "m3u8", "ffconcat", "sdp"] {
            let file = format!("{name}.{extension}");
            stage.write(&file, &text);
            good.refuses(&format!("source = \"{file}\""), 3, &[&file, "it is not a media file"]);
        }
        assert!(!opened(), "{name}: the canary was opened");
        assert!(listener.accept().is_err(), "{name}: somebody called");
    }
    fs::read(&canary).unwrap();
    assert!(opened(), "an opened canary would have been seen");
}

#[test]
fn points_that_cannot_be_are_named() {
    let good = Good::render();
    let item = |points: &str| format!("source = \"two.mp4\"\n{points}");
    for (points, code, words) in [
        ("in = \"2s\"\nout = \"1s\"", 2, ["in (`2s`) is not before out (`1s`)", "move one of them"]),
        ("in = \"1s\"\nout = \"25f\"", 2, ["is not before out", "move one of them"]),
        ("in = \"5s\"", 3, ["`5s` lies outside the source, which ends at `3s`", "choose a point inside it"]),
        ("in = \"75f\"", 3, ["`75f` lies outside the source", "choose a point inside it"]),
        ("out = \"76f\"", 3, ["`76f` lies outside the source", "choose a point inside it"]),
        ("out = \"100h\"", 2, ["\"out\" cannot be \"100h\"", "write frames"]),
        ("in = \"1:2:3\"", 2, ["\"in\" cannot be \"1:2:3\"", "write frames (\"36f\"), seconds (\"1.5s\") or timecode"]),
        ("in = \"00:00:01:25\"", 2, ["`00:00:01:25` has frames beyond its rate", "write frames from 00 to 24"]),
        ("in = \"00:00:01;00\"", 2, ["25 frames a second has no drop-frame timecode", "write `:` before the frames"]),
        ("in = \"-1s\"", 2, ["\"in\" cannot be \"-1s\"", "write frames"]),
        ("duration = \"0f\"", 2, ["\"duration\" cannot be \"0f\"", "write a length above zero"]),
    ] {
        good.refuses(&item(points), code, &words);
    }
}
