//! Bad input: one clear error that names file, line or item and the remedy, the documented exit code, nothing half-written,
//! nothing made lost.

mod approvals;
mod destinations;
mod disk;
mod hostile;
mod requests;
mod sources;
mod stores;

use crate::cli::stage::{OUTLET, Stage, Told};

/// A stage with an episode rendered well, which nothing that is tried afterwards may harm.
struct Good {
    stage: Stage,
    frames: String,
    total: u64,
}

impl Good {
    fn render() -> Self {
        let stage = Stage::new();
        stage.episode("good", &["source = \"one.mp4\"\nout = \"10f\""]);
        let told = stage.render("good");
        told.ended(0);
        let frames = stage.frames(&media());
        Good { stage, frames, total: told.jobs("total") }
    }

    /// Renders an episode of one item that cannot be: its error begins with the item's place and has these words.
    #[track_caller]
    fn refuses(&self, item: &str, code: i32, words: &[&str]) {
        self.stage.show(&[item]);
        let told = self.stage.render("show");
        told.failed(code, words);
        // A rundown that cannot be read is no episode to tell of.
        assert!(told.out.is_empty() || told.outcome()["deliverables"] == serde_json::json!([]), "{told:#?}");
        assert!(told.err.contains("show.toml:"), "no file and line: {told:#?}");
        assert!(told.err.contains("segment 1, item 1: "), "no item: {told:#?}");
        assert_eq!(
            told.err.lines().filter(|line| line.starts_with("bookend: ")).count(),
            1,
            "not one error: {told:#?}"
        );
        self.unharmed(&told);
    }

    /// Checks that the good episode lies where it did, that nothing else does, and that all of it is still made.
    #[track_caller]
    fn unharmed(&self, told: &Told) {
        let files = ["mp4", "report.html", "report.json"].map(|extension| format!("good-{OUTLET}.{extension}"));
        assert_eq!(self.stage.files("out"), files, "{told:#?}");
        assert!(self.stage.store().scratch().is_empty(), "something in scratch after {told:#?}");
    }
}

impl Drop for Good {
    /// At the end of every test that went well so far: the good episode is whole, and nothing of it is made again.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert_eq!(self.stage.frames(&media()), self.frames);
        let told = self.stage.render("good");
        told.ended(0);
        assert_eq!((told.jobs("made"), told.jobs("reused")), (0, self.total));
    }
}

fn media() -> String {
    format!("out/good-{OUTLET}.mp4")
}
