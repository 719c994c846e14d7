//! A folder with clips, a store and a destination, and the program run in it as people run it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_bookend");
/// The outlet that is made fastest.
pub const OUTLET: &str = "preview-360p";

/// The clips that every stage has: 3 s of 160x90 at 25 frames a second, with sound; each of its own colours and pitch.
pub const CLIPS: [&str; 3] = ["one.mp4", "two.mp4", "three.mp4"];

/// A folder of its own for one test.
pub struct Stage {
    folder: TempDir,
}

impl Stage {
    /// Makes a folder with the clips in it.
    pub fn new() -> Self {
        let stage = Stage { folder: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made") };
        for clip in CLIPS {
            // Not links: a clip that a test damages is its own.
            fs::copy(clips().join(clip), stage.path(clip)).expect("a clip can be copied");
        }
        stage
    }

    /// Returns the path of a file or folder in it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file can be written");
    }

    /// Writes `show.toml`: an episode `show` of these items, each the lines below its `[[segment.item]]`.
    pub fn show(&self, items: &[&str]) {
        self.episode("show", items);
    }

    /// Writes the rundown of an episode under its id.
    pub fn episode(&self, id: &str, items: &[&str]) {
        self.write(&format!("{id}.toml"), rundown(id, items));
    }

    /// Returns the program with arguments, to be run here, with nothing of the tests' own settings.
    pub fn command<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.folder.path()).env("TMPDIR", self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("BOOKEND_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs the program to its end.
    pub fn bookend<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Told {
        Told::of(self.command(arguments).output().expect("the program starts"))
    }

    /// Renders an episode to `out`, told as JSON.
    pub fn render(&self, episode: &str) -> Told {
        self.bookend(&render_arguments(episode))
    }

    /// Takes a clip in, and returns its asset.
    pub fn ingest(&self, clip: &str) -> String {
        let told = self.bookend(&["ingest", clip, "--json"]);
        told.ended(0);
        told.lines()[0]["asset"].as_str().expect("an asset has a name").to_owned()
    }

    /// Returns its store.
    pub fn store(&self) -> Store {
        Store { folder: self.path(".bookend") }
    }

    /// Names every file in a folder and those below it, in order; none when there is no folder.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let root = self.path(folder);
        let mut files: Vec<_> = walk(&root).into_iter().filter(|path| !path.is_dir()).collect();
        files.sort();
        let name = |path: &PathBuf| path.strip_prefix(&root).expect("it is below").to_string_lossy().into_owned();
        files.iter().map(name).collect()
    }

    /// Digests every decoded frame and block of samples of a file, by the ffmpeg command.
    pub fn frames(&self, file: &str) -> String {
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-i", file, "-map", "0", "-f", "framemd5", "-"]).current_dir(self.folder.path());
        let output = ffmpeg.output().expect("ffmpeg is installed: ./dev setup");
        assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("framemd5 is text")
    }
}

/// The arguments that render an episode of a stage.
pub fn render_arguments(episode: &str) -> Vec<String> {
    let rundown = format!("{episode}.toml");
    ["render", &rundown, "--outlet", OUTLET, "--out", "out", "--json"].map(str::to_owned).to_vec()
}

/// Writes a rundown of one segment.
pub fn rundown(id: &str, items: &[&str]) -> String {
    let items: String = items.iter().map(|item| format!("[[segment.item]]\n{item}\n")).collect();
    format!("id = \"{id}\"\n[house]\nraster = \"320x180\"\nrate = \"25\"\n[[segment]]\n{items}")
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub struct Told {
    /// Its exit code; nothing when a signal ended it.
    pub code: Option<i32>,
    /// Its stdout.
    pub out: String,
    /// Its stderr.
    pub err: String,
}

impl Told {
    pub fn of(output: Output) -> Self {
        Told {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("stdout is text"),
            err: String::from_utf8(output.stderr).expect("stderr is text"),
        }
    }

    /// Checks the exit code.
    #[track_caller]
    pub fn ended(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(!self.err.contains("panicked"), "{self:#?}");
        self
    }

    /// Checks that it failed with this code, and that its error has each of these words.
    #[track_caller]
    pub fn failed(&self, code: i32, words: &[&str]) {
        self.ended(code);
        for word in words {
            assert!(self.err.contains(word), "`{word}` is not in: {self:#?}");
        }
    }

    /// Reads stdout as lines of JSON objects.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let read = |line: &str| serde_json::from_str::<Value>(line).ok().filter(Value::is_object);
        let lines = self.out.lines().map(|line| read(line).unwrap_or_else(|| panic!("no JSON object: {line}")));
        lines.collect()
    }

    /// Returns the last line.
    #[track_caller]
    pub fn outcome(&self) -> Value {
        self.lines().pop().unwrap_or_else(|| panic!("nothing on stdout: {self:#?}"))
    }

    /// Returns a number of the outcome's `jobs`.
    #[track_caller]
    pub fn jobs(&self, count: &str) -> u64 {
        self.outcome()["jobs"][count].as_u64().unwrap_or_else(|| panic!("no jobs.{count}: {self:#?}"))
    }
}

/// A store, looked at from outside.
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Returns each committed key's attempt and when the commit was written.
    pub fn commits(&self) -> BTreeMap<String, (String, std::time::SystemTime)> {
        let results = walk(&self.folder.join("results")).into_iter();
        let commits = results
            .filter(|path| path.extension().is_some_and(|extension| extension == "json") && self.depth(path) == 3);
        let read = |path: PathBuf| {
            let commit: Value =
                serde_json::from_slice(&fs::read(&path).expect("a commit can be read")).expect("a commit is whole");
            let written = fs::metadata(&path).and_then(|meta| meta.modified()).expect("a commit has a time");
            (
                commit["key"].as_str().expect("a key").to_owned(),
                (commit["attempt"].as_str().expect("an attempt").to_owned(), written),
            )
        };
        commits.map(read).collect()
    }

    /// Returns the attempts that have a folder, with their keys.
    pub fn attempts(&self) -> Vec<(String, String)> {
        let folders =
            walk(&self.folder.join("results")).into_iter().filter(|path| path.is_dir() && self.depth(path) == 4);
        let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
        folders.map(|path| (name(path.parent().expect("a key")), name(&path))).collect()
    }

    /// Returns every file but what comes and goes: locks and scratch.
    pub fn kept(&self) -> Vec<PathBuf> {
        let passing = |path: &Path| ["tmp", "locks"].iter().any(|folder| path.starts_with(self.folder.join(folder)));
        walk(&self.folder).into_iter().filter(|path| !passing(path) && !path.is_dir()).collect()
    }

    /// Returns everything in scratch.
    pub fn scratch(&self) -> Vec<PathBuf> {
        walk(&self.folder.join("tmp"))
    }

    /// Makes everything in it look this old.
    pub fn age(&self, by: std::time::Duration) {
        let then = std::time::SystemTime::now() - by;
        for file in self.kept() {
            let file = fs::File::open(file).expect("an object can be opened");
            file.set_modified(then).expect("an object's time can be set");
        }
    }

    fn depth(&self, path: &Path) -> usize {
        path.strip_prefix(&self.folder).map_or(0, |below| below.iter().count())
    }
}

/// Returns every file and folder below one; what goes away meanwhile is passed over.
pub fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        found.push(entry.path());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(walk(&entry.path()));
        }
    }
    found
}

/// Makes the clips, once for every test of every run.
fn clips() -> &'static Path {
    static CLIPS_FOLDER: OnceLock<PathBuf> = OnceLock::new();
    CLIPS_FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clips-1");
        if !folder.is_dir() {
            let making = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
            for (at, clip) in CLIPS.iter().enumerate() {
                make_clip(&making.path().join(clip), at);
            }
            // Another process may have been faster.
            let _ = fs::rename(making.path(), &folder);
        }
        folder
    })
}

fn make_clip(path: &Path, at: usize) {
    let picture = format!("testsrc2=s=160x90:r=25:d=3,hue=h={}", at * 90);
    let sound = format!("sine=f={}:r=48000:d=3", 300 * (at + 1));
    ffmpeg(
        &[
            "-f",
            "lavfi",
            "-i",
            &picture,
            "-f",
            "lavfi",
            "-i",
            &sound,
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-g",
            "10",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
        ],
        path,
    );
}

/// Runs the ffmpeg command with arguments and a file to write.
pub fn ffmpeg(arguments: &[&str], to: &Path) {
    let output =
        Command::new("ffmpeg").args(["-v", "error", "-y"]).args(arguments).arg(to).stdin(Stdio::null()).output();
    let output = output.expect("ffmpeg is installed: ./dev setup");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
