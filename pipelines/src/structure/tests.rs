//! The rooms of structure together, on files made by the ffmpeg program.
//!
//! Without that program these tests say that they were skipped.

mod hostile;
mod passing_over;
mod rewriting;
mod surveying;

use std::path::Path;
use std::process::Command;

/// Runs the ffmpeg program; false, and a word about it, when the machine has none.
fn ffmpeg(arguments: &[&str], output: &Path) -> bool {
    let run = Command::new("ffmpeg").args(["-nostdin", "-v", "error", "-y"]).args(arguments).arg(output).output();
    match run {
        Ok(run) => {
            assert!(run.status.success(), "ffmpeg {arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
            true
        }
        Err(error) => {
            eprintln!("skipped: no ffmpeg program ({error})");
            false
        }
    }
}

/// MD5 of every decoded frame, by the ffmpeg program.
fn frame_hashes(file: &Path) -> Vec<String> {
    let run = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(file)
        .args(["-map", "0:v", "-f", "framemd5", "-"])
        .output()
        .unwrap();
    assert!(run.status.success() && run.stderr.is_empty(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit(',').next().unwrap().trim().to_owned())
        .collect()
}
