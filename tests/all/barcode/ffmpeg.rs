//! The ffmpeg programs: they make what Bookend reads and read what Bookend made.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// A decoded picture's luma, full range.
pub struct Grey<'a> {
    pub width: usize,
    pub height: usize,
    pub samples: &'a [u8],
}

/// Whether the programs are there; says so when they are not.
pub fn is_here(test: &str) -> bool {
    let here = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !here {
        println!("{test}: skipped, there is no ffmpeg program");
    }
    here
}

/// Runs ffmpeg with `arguments` (words, and `file` last), feeding it `picture` on its standard input.
pub fn make(arguments: &str, file: &Path, picture: &[u8]) {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-y", "-v", "error"]).args(words(arguments)).arg(file);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("ffmpeg starts");
    let mut input = child.stdin.take().expect("standard input is a pipe");
    // It may stop reading early, when it has all that it was asked for; what it says then is judged below.
    let fed = input.write_all(picture);
    drop(input);
    let output = child.wait_with_output().expect("ffmpeg ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ffmpeg {arguments} {}: {said} (fed: {fed:?})", file.display());
}

/// Splits at spaces, but not inside `'…'`.
fn words(arguments: &str) -> Vec<String> {
    let quoted = |(at, part): (usize, &str)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    };
    arguments.split('\'').enumerate().flat_map(quoted).collect()
}

/// Size of the first picture track.
pub fn size(file: &Path) -> (usize, usize) {
    let said = probe("-select_streams v:0 -show_entries stream=width,height", file);
    // Programmes of a transport stream list their tracks once more.
    let first = said.lines().next().unwrap_or_default();
    let mut numbers = first
        .split(',')
        .filter(|number| !number.is_empty())
        .map(|number| number.trim().parse().expect("a size is a number"));
    let mut next = || numbers.next().expect("a size is two numbers");
    (next(), next())
}

/// Runs ffprobe; values come comma-separated, without their names.
pub fn probe(arguments: &str, file: &Path) -> String {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error"]).args(words(arguments)).args(["-of", "csv=p=0"]).arg(file);
    let output = command.output().expect("ffprobe starts");
    assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Decodes the picture as stored, in coded order of display, without turning, dropping or repeating any; gives the bytes
/// of each frame of `format` to `each`.
pub fn each_frame(file: &Path, format: &str, frame_bytes: usize, mut each: impl FnMut(&[u8])) {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-v", "error", "-noautorotate", "-i"]).arg(file);
    command.args([
        "-map",
        "0:v:0",
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "-1",
        "-f",
        "rawvideo",
        "-pix_fmt",
        format,
        "-",
    ]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("ffmpeg starts");
    let mut output = child.stdout.take().expect("standard output is a pipe");
    let mut samples = vec![0; frame_bytes];
    while output.read_exact(&mut samples).is_ok() {
        each(&samples);
    }
    assert!(child.wait().expect("ffmpeg ends").success(), "{} decodes", file.display());
}

/// Decodes the picture to luma.
pub fn each_grey_frame(file: &Path, mut each: impl FnMut(&Grey<'_>)) {
    let (width, height) = size(file);
    each_frame(file, "gray", width * height, |samples| each(&Grey { width, height, samples }));
}

/// Decodes the first sound track as it is, its channels interleaved; returns also how many.
pub fn sound(file: &Path) -> (Vec<f32>, usize) {
    let channels = probe("-select_streams a:0 -show_entries stream=channels", file).parse().expect("channels");
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-v", "error", "-i"]).arg(file);
    command.args(["-map", "0:a:0", "-f", "f32le", "-c:a", "pcm_f32le", "-"]);
    let output = command.output().expect("ffmpeg starts");
    assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    let (samples, _) = output.stdout.as_chunks::<4>();
    (samples.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(), channels)
}
