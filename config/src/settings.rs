//! Settings: where work is done and with how much of the machine. None of them changes what is made.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::ConfigError;
use crate::document::{parse, read};

/// A settings file, with defaults for what it does not say. The binary lays variables and options over it.
///
/// Relative paths in a file count from the file's folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Where results are kept.
    pub store: StoreSettings,
    /// How a fleet talks.
    pub broker: BrokerSettings,
    /// How much of the machine work may take.
    pub worker: WorkerSettings,
    /// What a source may ask of us at most.
    pub limits: SourceLimits,
    /// What is told about the work.
    pub log: LogSettings,
    /// Folder of the user's own outlets (`*.toml`); default none.
    pub outlets: Option<PathBuf>,
}

/// Where results are kept.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// A folder, or `s3://bucket/prefix?endpoint=…`; default `.bookend` in the working directory. A folder on a fast
    /// local disk is quickest; S3 is for fleets. Never holds credentials.
    pub url: String,
}

impl Default for StoreSettings {
    fn default() -> Self {
        StoreSettings { url: ".bookend".to_owned() }
    }
}

/// How a fleet talks.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BrokerSettings {
    /// `amqp://…`; default none: everything in one process.
    pub url: Option<String>,
    /// The broker's own limit on an unacknowledged delivery, in seconds; default 1800, 60 to 86400. Jobs past half of it
    /// are claimed in the store and acknowledged. Must not be above what the broker is set to.
    pub ack_timeout_s: u64,
}

impl Default for BrokerSettings {
    fn default() -> Self {
        BrokerSettings { url: None, ack_timeout_s: 1800 }
    }
}

/// How much of the machine work may take.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorkerSettings {
    /// Jobs at once; default one per processor core, 1 to 256. More finish a run sooner until memory (about 0.5 GiB a slot
    /// at 1080p) or the disk gives out.
    pub slots: Option<u32>,
    /// Threads of all jobs together, decoders' and filters' too; default one per processor core, 1 to 1024. Never changes
    /// what is made: encoder threads belong to the outlet.
    pub threads: Option<u32>,
    /// Folder for jobs' files; default inside a store in a folder, else `bookend/scratch` in this user's cache folder. Wants a
    /// fast local disk with room for what is made at once: 2 GB a slot at 1080p.
    pub scratch: Option<PathBuf>,
}

/// What a source may ask of us at most; a source beyond a limit is refused, naming it. Higher limits take longer films
/// and bigger pictures, and let a hostile file cost more memory and time.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceLimits {
    /// Samples in one picture; default 35,389,440 (8192 × 4320), 1 to 268,435,456.
    pub pixels: u64,
    /// Tracks in one file; default 64, 1 to 1024.
    pub tracks: u32,
    /// Shown frames; default 2,000,000 (over nine hours at 60 frames a second), 1 to 100,000,000.
    pub frames: u64,
    /// Duration in seconds, counted by what was decoded; default 43,200 (twelve hours), 1 to 604,800.
    pub seconds: u64,
}

impl Default for SourceLimits {
    fn default() -> Self {
        SourceLimits { pixels: 8192 * 4320, tracks: 64, frames: 2_000_000, seconds: 43_200 }
    }
}

/// What is told about the work, on stderr.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// A filter in the manner of `tracing`: `warn`, `info`, `bookend=debug,ffmpeg=info`; default `info`. `debug` costs disk, not speed.
    pub level: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        LogSettings { level: "info".to_owned() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsText {
    #[serde(rename = "version")]
    _version: i64,
    #[serde(default)]
    store: StoreSettings,
    #[serde(default)]
    broker: BrokerSettings,
    #[serde(default)]
    worker: WorkerSettings,
    #[serde(default)]
    limits: SourceLimits,
    #[serde(default)]
    log: LogSettings,
    outlets: Option<PathBuf>,
}

impl Settings {
    /// Reads a settings file.
    ///
    /// # Errors
    /// When it cannot be read, has an unknown field (naming the nearest), or a value out of its range.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let folder = path.parent().unwrap_or(Path::new(""));
        Settings::from_toml(&path.display().to_string(), &read(path)?, folder)
    }

    /// Reads settings from text; `file` names it in errors, relative paths count from `folder`.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn from_toml(file: &str, text: &str, folder: &Path) -> Result<Self, ConfigError> {
        let lines: SettingsText = parse(file, text)?;
        let mut settings = Settings {
            store: lines.store,
            broker: lines.broker,
            worker: lines.worker,
            limits: lines.limits,
            log: lines.log,
            outlets: lines.outlets.map(|outlets| folder.join(outlets)),
        };
        settings.worker.scratch = settings.worker.scratch.map(|scratch| folder.join(scratch));
        settings.check(file)?;
        if !settings.store.url.contains("://") {
            settings.store.url = folder.join(&settings.store.url).display().to_string();
        }
        Ok(settings)
    }

    fn check(&self, file: &str) -> Result<(), ConfigError> {
        let wrong = |field: &str, message: String| ConfigError::Invalid {
            file: file.to_owned(),
            field: field.to_owned(),
            message,
        };
        let within = |field: &str, value: u64, low: u64, high: u64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(wrong(field, format!("is {value}: write {low} to {high}")))
            }
        };
        let store = self.store.url.as_str();
        if store.is_empty() {
            return Err(wrong("store.url", "is empty: write a folder or `s3://bucket`".into()));
        }
        if let Some((scheme, rest)) = store.split_once("://") {
            if scheme != "s3" {
                return Err(wrong("store.url", format!("begins with `{scheme}://`: write a folder or `s3://bucket`")));
            }
            if rest.split(['/', '?']).next().is_some_and(|host| host.contains('@')) {
                return Err(wrong("store.url", "holds credentials: put them in the AWS variables or profile".into()));
            }
        }
        if self.broker.url.as_ref().is_some_and(|url| !url.starts_with("amqp://") && !url.starts_with("amqps://")) {
            return Err(wrong("broker.url", "must begin with `amqp://` or `amqps://`".into()));
        }
        within("broker.ack_timeout_s", self.broker.ack_timeout_s, 60, 86_400)?;
        within("worker.slots", self.worker.slots.unwrap_or(1).into(), 1, 256)?;
        within("worker.threads", self.worker.threads.unwrap_or(1).into(), 1, 1024)?;
        within("limits.pixels", self.limits.pixels, 1, 1 << 28)?;
        within("limits.tracks", self.limits.tracks.into(), 1, 1024)?;
        within("limits.frames", self.limits.frames, 1, 100_000_000)?;
        within("limits.seconds", self.limits.seconds, 1, 604_800)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        Settings::from_toml("bookend.toml", text, Path::new("/etc/bookend")).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_leaves_the_defaults() {
        let settings = read("version = 1\n").expect("must read");
        assert_eq!(settings.store.url, "/etc/bookend/.bookend");
        assert_eq!(Settings { store: StoreSettings::default(), ..settings }, Settings::default());
    }

    #[test]
    fn every_field_is_read_and_paths_count_from_the_file() {
        let text = "version = 1\noutlets = \"mine\"\n[store]\nurl = \"s3://b/p?endpoint=http://127.0.0.1:3900\"\n[broker]\nurl = \"amqp://u:p@host\"\nack_timeout_s = 600\n\
                    [worker]\nslots = 3\nthreads = 9\nscratch = \"fast\"\n[limits]\npixels = 10\ntracks = 2\nframes = 3\nseconds = 4\n[log]\nlevel = \"debug\"\n";
        let settings = read(text).expect("must read");
        assert_eq!(settings.store.url, "s3://b/p?endpoint=http://127.0.0.1:3900");
        assert_eq!(settings.outlets, Some(PathBuf::from("/etc/bookend/mine")));
        assert_eq!((settings.worker.slots, settings.worker.threads), (Some(3), Some(9)));
        assert_eq!(settings.worker.scratch, Some(PathBuf::from("/etc/bookend/fast")));
        assert_eq!(settings.limits, SourceLimits { pixels: 10, tracks: 2, frames: 3, seconds: 4 });
        assert_eq!((settings.broker.ack_timeout_s, settings.log.level.as_str()), (600, "debug"));
    }

    #[test]
    fn wrong_settings_say_what_to_write() {
        let cases = [
            (
                "[worker]\nslot = 2\n",
                "bookend.toml, line 3: unknown field `slot`, expected one of `slots`, `threads`, `scratch`; did you mean `slots`?",
            ),
            ("[worker]\nslots = 0\n", "bookend.toml: `worker.slots` is 0: write 1 to 256"),
            ("[broker]\nack_timeout_s = 5\n", "bookend.toml: `broker.ack_timeout_s` is 5: write 60 to 86400"),
            ("[broker]\nurl = \"http://x\"\n", "bookend.toml: `broker.url` must begin with `amqp://` or `amqps://`"),
            (
                "[store]\nurl = \"s3://key:secret@bucket\"\n",
                "bookend.toml: `store.url` holds credentials: put them in the AWS variables or profile",
            ),
            (
                "[store]\nurl = \"ftp://x\"\n",
                "bookend.toml: `store.url` begins with `ftp://`: write a folder or `s3://bucket`",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(&format!("version = 1\n{text}")).expect_err(text), expected);
        }
    }
}
