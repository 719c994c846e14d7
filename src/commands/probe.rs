//! `bookend probe`: the facts of a file.

use std::collections::BTreeMap;
use std::path::Path;

use bookend_jobs::facts::{Facts, SourceFacts};
use bookend_jobs::work::{Inspect, Work};
use bookend_jobs::{
    ChildLine, ChildTask, Digest, Disposition, Engine, Input, LocalInput, RECIPE_SET, Reason, Request, WantedResult,
};
use bookend_sandbox::{Ending, Limits, Spawner};
use serde_json::json;

use crate::exit::{Exit, Failure, chain};
use crate::interrupt::Stop;
use crate::setup::Setup;
use crate::{say, workplace};

pub async fn run(setup: &Setup, file: &Path, stop: Stop) -> Result<Exit, Failure> {
    match facts(setup, file, stop).await? {
        Ok(facts) if setup.json => say::json(&facts),
        Ok(facts) => show(file, &facts),
        Err(reason) => {
            if setup.json {
                say::json(&json!({ "source": file.display().to_string(), "status": "refused", "reason": reason }));
            }
            return Err(Failure::new(Exit::Refused, format!("{}: {reason}", file.display())));
        }
    }
    Ok(Exit::Done)
}

/// Inspects a file in a child, without a store.
///
/// # Errors
/// When no child can be started, or it ends without an answer. A refusal is no error.
pub async fn facts(setup: &Setup, file: &Path, mut stop: Stop) -> Result<Result<SourceFacts, Reason>, Failure> {
    if let Some(reason) = unreadable(file) {
        return Ok(Err(reason));
    }
    let path = std::path::absolute(file).map_err(|error| Failure::other(format!("{}: {error}", file.display())))?;
    let scratch = workplace::scratch()?;
    let spawner = workplace::spawner(0)?;
    // Nothing is kept, so the key is only a folder's name.
    let engine = Engine { recipes: RECIPE_SET, avcodec: String::new(), x264: String::new() };
    let work = Work::Inspect(Inspect { picture_track: None, sound_track: None, limits: setup.limits() });
    let request = Request {
        work: work.clone(),
        inputs: BTreeMap::from([("source".to_owned(), Input::Source(Digest::from_bytes([0; 32])))]),
    };
    let key = request.key(&engine);
    let task = ChildTask::Make {
        results: vec![WantedResult { key, work }],
        inputs: BTreeMap::from([("source".to_owned(), LocalInput::Source { path })]),
        scratch: scratch.path().to_owned(),
        threads: setup.slots_and_threads().1,
    };
    let spec = serde_json::to_vec(&task).map_err(|error| Failure::other(error.to_string()))?;
    let line = ask(&spawner, spec, scratch.path(), &mut stop).await?;
    match line {
        ChildLine::Made { mut results } => match results.remove(&key).map(|made| made.facts) {
            Some(Facts::Inspect(facts)) => Ok(Ok(*facts)),
            _ => Err(Failure::other("the child answered something else than facts")),
        },
        ChildLine::Failed { disposition: Disposition::Refused, reason } => Ok(Err(reason)),
        ChildLine::Failed { reason, .. } => Err(Failure::other(format!("{}: {reason}", file.display()))),
        _ => Err(Failure::other("the child answered something else than facts")),
    }
}

/// Gives a child its task and waits for the answer.
async fn ask(spawner: &Spawner, spec: Vec<u8>, scratch: &Path, stop: &mut Stop) -> Result<ChildLine, Failure> {
    let sandbox = |error: bookend_sandbox::SandboxError| Failure::other(chain(&error));
    let child = spawner.start(&spec, scratch, Limits::default()).map_err(sandbox)?;
    let killer = child.killer();
    let mut waiting = tokio::task::spawn_blocking(move || child.wait());
    let exit = tokio::select! {
        exit = &mut waiting => exit,
        _ = stop.wait_for(|&stop| stop) => {
            killer.kill();
            waiting.await
        }
    };
    let exit = exit.map_err(|error| Failure::other(error.to_string()))?.map_err(sandbox)?;
    match exit.ending {
        Ending::Finished(message) => {
            message.parse().map_err(|error| Failure::other(format!("unreadable answer: {error}")))
        }
        Ending::Killed => Err(Failure::new(Exit::Interrupted, "interrupted")),
        ended => Err(Failure::new(
            Exit::Refused,
            format!(
                "the file could not be read: the process reading it ended ({ended:?})\n{}",
                exit.log_tail.trim_end()
            ),
        )),
    }
}

fn unreadable(file: &Path) -> Option<Reason> {
    let reason = |code: &str, message: String| Some(Reason { code: code.to_owned(), message });
    // Asked before opening: opening a pipe waits for whoever writes to it.
    let kind = std::fs::metadata(file).map(|meta| meta.is_file());
    match kind.and_then(|is_file| if is_file { std::fs::File::open(file).map(|_| true) } else { Ok(false) }) {
        Ok(true) => None,
        Ok(false) => reason("not-a-file", "it is not a regular file; name a media file".into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            reason("missing", "there is no such file; check the path".into())
        }
        Err(error) => reason("unreadable", format!("it cannot be read: {error}")),
    }
}

fn show(file: &Path, facts: &SourceFacts) {
    let mut lines = vec![format!("{}  {}, {} bytes", file.display(), facts.wrapper, facts.bytes)];
    if let Some(picture) = &facts.picture {
        let rate = picture.rate.map_or_else(|| "variable rate".to_owned(), |rate| format!("{rate} fps"));
        let length = if picture.still {
            "a still".to_owned()
        } else {
            format!("{} frames, {rate}, {:.3} s", picture.frames, picture.end.to_seconds_lossy())
        };
        lines.push(format!("  picture  {}, {} shown as {}, {length}", picture.codec, picture.raster, picture.display));
        let range = if picture.full_range { "full" } else { "limited" };
        lines.push(format!(
            "           {}, {} bits, {}/{}/{}, {range} range, {:?}, {:?}",
            picture.pixel_format,
            picture.bit_depth,
            picture.primaries,
            picture.transfer,
            picture.matrix,
            picture.scan,
            picture.dynamics
        ));
    }
    if let Some(sound) = &facts.sound {
        lines.push(format!(
            "  sound    {}, {} Hz, {}, {:.3} to {:.3} s",
            sound.codec,
            sound.rate_hz,
            sound.layout,
            sound.start.to_seconds_lossy(),
            sound.end.to_seconds_lossy()
        ));
    }
    if let Some(timecode) = &facts.timecode {
        lines.push(format!("  timecode {timecode}"));
    }
    for track in &facts.tracks {
        lines.push(format!(
            "  track {}  {:?}, {}{}",
            track.index,
            track.kind,
            track.codec,
            track.language.as_ref().map_or_else(String::new, |language| format!(", {language}"))
        ));
    }
    lines.extend(facts.notes.iter().map(|note| format!("  note: {note}")));
    for line in lines {
        say::line_out(&line);
    }
}
