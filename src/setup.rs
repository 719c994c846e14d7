//! Settings: the file, with the command line and the environment over it.

use std::fmt;

use bookend_config::{Outlets, Settings};
use bookend_jobs::work::InspectLimits;

use crate::cli::Common;
use crate::exit::Failure;
use crate::place::Place;

/// Everything that a command works by, besides its own arguments.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The settings file's, or the defaults.
    pub settings: Settings,
    /// The store's URL, or its folder.
    store: String,
    /// The fleet's broker, if one is named. May hold a password: never shown.
    broker: Option<Hidden>,
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

/// Text that may hold a password.
#[derive(Clone)]
struct Hidden(String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
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
        let broker = broker.map(Hidden);
        let outlets = Outlets::built_in();
        let outlets = match &settings.outlets {
            Some(folder) => outlets.with_folder(folder)?,
            None => outlets,
        };
        let log_level = common.config.is_some().then(|| settings.log.level.clone());
        Ok(Setup {
            store,
            broker,
            json: common.json,
            verbose: common.verbose,
            quiet: common.quiet,
            log_level,
            outlets,
            settings,
        })
    }

    /// Returns where the store is.
    ///
    /// # Errors
    /// When `--store` is no address of one.
    pub fn place(&self) -> Result<Place, Failure> {
        Place::parse(&self.store)
    }

    /// Checks that everything is to run in this process.
    ///
    /// # Errors
    /// When a broker is named.
    pub fn without_broker(&self) -> Result<(), Failure> {
        if self.broker.is_some() {
            let remedy =
                "leave --broker and BOOKEND_BROKER out to work in one process, or `bookend submit` it to the fleet";
            return Err(Failure::request(format!("this command works in one process; {remedy}")));
        }
        Ok(())
    }

    /// Returns the fleet's broker.
    ///
    /// # Errors
    /// When none is named.
    pub fn broker(&self) -> Result<&str, Failure> {
        let remedy = "name the fleet's with --broker amqp://user:password@host/vhost or BOOKEND_BROKER";
        self.broker
            .as_ref()
            .map(|broker| broker.0.as_str())
            .ok_or_else(|| Failure::request(format!("there is no broker; {remedy}")))
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

    /// Returns the same with another number of slots, if one is given.
    #[must_use]
    pub fn with_slots(&self, slots: Option<u32>) -> Self {
        let mut setup = self.clone();
        setup.settings.worker.slots = slots.or(setup.settings.worker.slots);
        setup
    }
}
