//! What the test child can do instead of media work. The lines of the request's slate tell it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use bookend_config::spec::OutletSpec;
use bookend_jobs::facts::{Facts, FileFacts, SoundFacts};
use bookend_jobs::work::{Composition, Work};
use bookend_jobs::{Engine, Key, Known, MadeResult, WantedResult};
use bookend_pipelines::{JobFolder, Progress, RecipeError};
use bookend_worker::child::Recipes;

/// The one file of every result.
pub const FILE: &str = "made.txt";

pub const RECIPES: Recipes = Recipes { engine, make, examine };

pub fn engine() -> Engine {
    Engine { recipes: 7, avcodec: "0.0".into(), x264: "0".into() }
}

fn examine(_: &Path, _: &OutletSpec, _: &Known, _: u32, _: Progress<'_>) -> Result<FileFacts, RecipeError> {
    Err(RecipeError::refused("not-media", "this is a test"))
}

fn make(
    results: &[WantedResult],
    job: &JobFolder<'_>,
    progress: Progress<'_>,
) -> Result<BTreeMap<Key, MadeResult>, RecipeError> {
    let script = script(&results[0]);
    let value = |label: &str| script.get(label).map(String::as_str);
    progress(0, 2);
    match value("act").unwrap_or("make") {
        "make" => {}
        "crash" => std::process::abort(),
        "crash-times" => {
            // Each try leaves a file; so many tries crash.
            let times: usize = value("times").expect("times").parse().expect("a number");
            let folder = Path::new(value("folder").expect("folder"));
            let tries = std::fs::read_dir(folder).expect("the folder is there").count();
            File::create(folder.join(tries.to_string())).expect("a file can be made");
            if tries < times {
                eprintln!("crashing at try {tries}");
                std::process::abort();
            }
        }
        "refuse" => return Err(RecipeError::refused("no-picture-or-sound", "nothing to show or hear")),
        "unproved" => return Err(RecipeError::Unproved("a frame is missing".into())),
        "panic" => panic!("at the disco"),
        "leave" => std::process::exit(3),
        "stall" => forever(),
        "count" => {
            for n in 0..u64::MAX {
                progress(n, u64::MAX);
            }
        }
        "hold" => hold(Path::new(value("fifo").expect("fifo"))),
        "hold-once" => {
            let marker = Path::new(value("marker").expect("marker"));
            if File::create_new(marker).is_ok() {
                hold(Path::new(value("fifo").expect("fifo")));
            }
        }
        "no-file" | "link" | "bad-name" | "other-keys" | "twice" => {}
        other => panic!("no such act: {other}"),
    }
    let act = value("act").unwrap_or("make");
    let made = results.iter().map(|wanted| Ok((wanted.key, write(wanted, job, act)?))).collect();
    progress(2, 2);
    if act == "other-keys" { Ok(BTreeMap::new()) } else { made }
}

fn write(wanted: &WantedResult, job: &JobFolder<'_>, act: &str) -> Result<MadeResult, RecipeError> {
    let folder = job.result_folder(wanted.key)?;
    let script = script(wanted);
    let mut text = format!("{}\n", wanted.key);
    for input in script.get("inputs").map(String::as_str).unwrap_or_default().split_whitespace() {
        let Facts::Sound(facts) = job.facts(input)? else { panic!("facts of another kind") };
        let input = std::fs::read_to_string(job.file(input, FILE)?).expect("the input can be read");
        assert_eq!(facts.samples, input.len() as u64, "the facts are the input's");
        text.push_str(&input);
    }
    let path = folder.join(FILE);
    match act {
        "no-file" => {}
        "link" => std::os::unix::fs::symlink("/etc/passwd", &path).expect("a link can be made"),
        _ => std::fs::write(&path, &text).expect("the result can be written"),
    }
    if let Some(log) = script.get("log") {
        let mut log = OpenOptions::new().append(true).create(true).open(log).expect("the log can be opened");
        log.write_all(format!("{}\n", wanted.key).as_bytes()).expect("the log can be written");
    }
    let files = match act {
        "bad-name" => vec!["../../made.txt".into()],
        "twice" => vec![FILE.into(), FILE.into()],
        _ => vec![FILE.into()],
    };
    Ok(MadeResult { files, facts: facts(text.len() as u64) })
}

pub fn facts(samples: u64) -> Facts {
    Facts::Sound(SoundFacts {
        file: FILE.into(),
        first_sample: 0,
        samples,
        span_lufs: None,
        source_lufs: None,
        source_samples: 0,
        peak: 0.0,
        conform: vec![],
    })
}

fn script(wanted: &WantedResult) -> BTreeMap<String, String> {
    let Work::Picture(picture) = &wanted.work else { panic!("not a test's request") };
    let Composition::Slate { lines } = &picture.composition else { panic!("not a test's request") };
    lines.iter().map(|line| (line.label.clone(), line.value.clone())).collect()
}

/// Greets whoever opens the fifo, and stays until killed.
fn hold(fifo: &Path) -> ! {
    let mut fifo = File::options().write(true).open(fifo).expect("the fifo is there");
    fifo.write_all(b"!").expect("somebody reads");
    forever()
}

fn forever() -> ! {
    loop {
        std::thread::park();
    }
}
