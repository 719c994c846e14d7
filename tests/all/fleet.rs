//! The fleet on real services: RabbitMQ and Garage, a scheduler, workers, and a client that submits.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use bookend_services::garage::{ACCESS_KEY, BUCKET, Garage, SECRET_KEY};
use bookend_services::rabbitmq::{Options, RabbitMq};
use rustix::process::{Pid, Signal, kill_process};

use crate::cli::stage::{OUTLET, Stage, Told};

/// What takes longer is taken for hanging.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// A broker, a store, and a stage whose commands use them.
struct Fleet {
    stage: Stage,
    broker: RabbitMq,
    store: Garage,
}

/// A scheduler or worker under way; killed when dropped.
struct Role {
    process: Child,
    told: PathBuf,
}

impl Fleet {
    fn start() -> Self {
        let stage = Stage::new();
        stage.episode(
            "show",
            &["source = \"one.mp4\"\nout = \"40f\"", "source = \"two.mp4\"", "source = \"three.mp4\"\nin = \"1s\""],
        );
        Fleet { stage, broker: RabbitMq::start(&Options::default()), store: Garage::start() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let store = format!("s3://{BUCKET}/studio?endpoint={}&region=garage&path_style=true", self.store.endpoint());
        let mut command = self.stage.command(arguments);
        command.env("BOOKEND_STORE", store).env("BOOKEND_BROKER", self.broker.address());
        command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
        command.env("XDG_CACHE_HOME", self.stage.path("cache"));
        command
    }

    /// Starts a role, and waits until it says on stderr what it is.
    fn role(&self, name: &str, arguments: &[&str], says: &str) -> Role {
        let told = self.stage.path(format!("{name}.stderr"));
        let process = self.command(arguments).stderr(File::create(&told).unwrap()).spawn().unwrap();
        let mut role = Role { process, told };
        role.wait_for(says);
        role
    }

    fn worker(&self, name: &str) -> Role {
        self.role(name, &["worker", "--slots", "1"], "a signal drains")
    }

    fn scheduler(&self, name: &str) -> Role {
        self.role(name, &["scheduler"], "")
    }

    fn run(&self, arguments: &[&str]) -> Told {
        Told::of(self.command(arguments).output().unwrap())
    }

    fn submit(&self, more: &[&str]) -> Told {
        self.run(&[&["submit", "render", "show.toml", "--outlet", OUTLET, "--json"], more].concat())
    }
}

impl Role {
    fn said(&self) -> String {
        let mut said = String::new();
        File::open(&self.told).unwrap().read_to_string(&mut said).unwrap();
        said
    }

    fn wait_for(&mut self, words: &str) {
        let begun = Instant::now();
        while !self.said().contains(words) {
            assert!(self.process.try_wait().unwrap().is_none(), "it ended: {}", self.said());
            assert!(begun.elapsed() < PATIENCE, "`{words}` was never said: {}", self.said());
            std::thread::sleep(PAUSE);
        }
    }

    /// Asks it to end, and returns its exit code.
    fn drain(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {}", self.said());
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_fleet_makes_what_one_process_makes() {
    let fleet = Fleet::start();
    fleet.stage.render("show").ended(0);
    let alone = fleet.stage.frames(&format!("out/show-{OUTLET}.mp4"));

    // In the wrong order: the store is made by the first worker.
    let mut scheduler = fleet.scheduler("leader");
    scheduler.wait_for("waiting for a worker");
    let workers = [fleet.worker("one"), fleet.worker("two")];
    let told = fleet.submit(&["--follow", "--out", "fleet"]);
    told.ended(0);
    assert_eq!(told.outcome()["deliverables"][0]["passed"], true, "{told:#?}");
    assert_eq!(fleet.stage.frames(&format!("fleet/show-{OUTLET}.mp4")), alone);
    for extension in ["report.json", "report.html"] {
        assert!(fleet.stage.path(format!("fleet/show-{OUTLET}.{extension}")).is_file());
    }

    // Asked again, nothing is made again.
    let again = fleet.submit(&["--follow", "--out", "again"]);
    again.ended(0);
    assert_eq!((again.jobs("made"), again.jobs("reused")), (0, told.jobs("total")));

    for worker in workers {
        assert_eq!(worker.drain(), Some(0));
    }
    assert_eq!(scheduler.drain(), Some(0));
    assert_eq!(fleet.stage.files("cache/bookend/scratch"), Vec::<String>::new(), "scratch is left");
}

#[test]
fn what_is_killed_all_at_once_goes_on_when_started_again() {
    let fleet = Fleet::start();
    fleet.stage.render("show").ended(0);
    let alone = fleet.stage.frames(&format!("out/show-{OUTLET}.mp4"));

    let worker = fleet.worker("first");
    let scheduler = fleet.scheduler("first-leader");
    let told = fleet.submit(&[]);
    told.ended(0);
    let run = told.outcome()["run"].as_str().unwrap().to_owned();
    // Some of it is made, and much is not: that is the moment.
    let begun = Instant::now();
    while !fleet.run(&["status", &run, "--json"]).out.contains("\"exists\"") {
        assert!(begun.elapsed() < PATIENCE, "nothing is made");
        std::thread::sleep(PAUSE);
    }
    drop((worker, scheduler));

    let _worker = fleet.worker("second");
    let _scheduler = fleet.scheduler("second-leader");
    let told = fleet.submit(&["--follow", "--out", "fleet"]);
    told.ended(0);
    assert_eq!(told.outcome()["run"], run.as_str(), "the same request is the same run");
    assert_eq!(fleet.stage.frames(&format!("fleet/show-{OUTLET}.mp4")), alone);
}
