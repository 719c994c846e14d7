//! Settings: the file, with the command line and the environment over it.

use std::path::PathBuf;

use bookend_config::{Outlets, Settings};
use bookend_jobs::work::InspectLimits;

use crate::cli::Common;
use crate::exit::Failure;

/// Everything that a command works by, besides its own arguments.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The settings file's, or the defaults.
    pub settings: Settings,
    /// The store's URL, or its folder.
    store: String,
    /// A fleet's broker is named.
    has_broker: bool,
    /// Answers are JSON lines.
    pub json: bool,
    /// How much is logged.
    pub verbose: u8,
    /// Nothing but errors is told.
    pub quiet: bool,
    /// The settings file's log filter.
    pub log_level: Option<String>,
    /// The outlets there are.
    pub outlets: Outlets,
}

impl Setup {
    /// Reads the settings file and lays the command line over it.
    ///
    /// # Errors
    /// When the file is wrong.
    pub fn read(common: &Common) -> Result<Self, Failure> {
        let settings = match &common.config {
            Some(path) => Settings::load(path)?,
            None => Settings::default(),
        };
        let store = common.store.clone().unwrap_or_else(|| settings.store.url.clone());
        let broker = common.broker.clone().or_else(|| settings.broker.url.clone()).filter(|broker| !broker.is_empty());
        let outlets = Outlets::built_in();
        let outlets = match &settings.outlets {
            Some(folder) => outlets.with_folder(folder)?,
            None => outlets,
        };
        let log_level = common.config.is_some().then(|| settings.log.level.clone());
        Ok(Setup {
            store,
            has_broker: broker.is_some(),
            json: common.json,
            verbose: common.verbose,
            quiet: common.quiet,
            log_level,
            outlets,
            settings,
        })
    }

    /// Returns the store's folder.
    ///
    /// # Errors
    /// When the store is not in a folder: others come with the fleet.
    pub fn store_folder(&self) -> Result<PathBuf, Failure> {
        let remedy = "use a folder, for example --store .bookend";
        match self.store.split_once("://") {
            _ if self.store.is_empty() => Err(Failure::request(format!("the store is empty; {remedy}"))),
            Some(("s3", _)) => Err(Failure::request(format!("a store on S3 comes with the fleet; {remedy}"))),
            Some((other, _)) => Err(Failure::request(format!("a store cannot be at `{other}://`; {remedy}"))),
            None => Ok(PathBuf::from(&self.store)),
        }
    }

    /// Checks that everything is to run in this process.
    ///
    /// # Errors
    /// When a broker is named: it comes with the fleet.
    pub fn without_broker(&self) -> Result<(), Failure> {
        if self.has_broker {
            let remedy = "leave --broker and BOOKEND_BROKER out to work in one process";
            return Err(Failure::request(format!("a broker comes with the fleet; {remedy}")));
        }
        Ok(())
    }

    /// Returns what a source may ask of us at most.
    pub fn limits(&self) -> InspectLimits {
        let limits = &self.settings.limits;
        InspectLimits { pixels: limits.pixels, tracks: limits.tracks, frames: limits.frames, seconds: limits.seconds }
    }

    /// Returns how many jobs run at a time, and how many FFmpeg threads each has.
    pub fn slots_and_threads(&self) -> (usize, u32) {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let slots = self.settings.worker.slots.map_or(cores, |slots| slots as usize).max(1);
        let threads = self.settings.worker.threads.map_or(cores, |threads| threads as usize);
        (slots, u32::try_from((threads / slots).max(1)).unwrap_or(1))
    }
}
