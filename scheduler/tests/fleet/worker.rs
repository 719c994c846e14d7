//! A worker that makes results up, or fails as it is told, and remembers what it did.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use bookend_broker::{Broker, BrokerErrorKind, InProcess, Lane, Taken};
use bookend_jobs::facts::{
    Facts, Loudness, MixFacts, PictureFacts, PicturePackets, SoundFacts, SourceFacts, SourcePicture, SourceSound,
};
use bookend_jobs::work::Work;
use bookend_jobs::{
    AttemptId, Commit, Digest, Disposition, Event, Input, JobMessage, Key, Reason, StoredFile, Verdict, WantedResult,
};
use bookend_store::{DirectoryStore, Store, layout};
use bookend_units::{FrameRate, Raster, Time};
use jiff::Timestamp;
use tokio::sync::Notify;

/// What a try at an upload comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Fails so.
    Fail(Disposition),
    /// Waits until it is let go, then goes well.
    Hold,
}

/// What a worker is told, and what it did.
#[derive(Debug, Default)]
pub struct Script {
    /// What the next tries at an upload come to, by its bytes; all others go well.
    pub acts: Mutex<BTreeMap<Digest, VecDeque<Act>>>,
    /// The results made, in order, and the lane that they were taken from.
    pub made: Mutex<Vec<(Key, Lane)>>,
    /// One is held.
    pub held: Notify,
    /// Lets one go.
    pub release: Notify,
}

impl Script {
    pub fn tell(&self, upload: &str, act: Act) {
        self.acts.lock().unwrap().entry(Digest::of(upload.as_bytes())).or_default().push_back(act);
    }

    /// How often each result was made.
    pub fn counts(&self) -> BTreeMap<Key, usize> {
        let mut counts = BTreeMap::new();
        for (key, _) in self.made.lock().unwrap().iter() {
            *counts.entry(*key).or_default() += 1;
        }
        counts
    }
}

/// Takes jobs for ever, most urgent first.
pub async fn work(store: DirectoryStore, broker: InProcess, script: Arc<Script>) {
    for attempt in 0_u64.. {
        let Taken { lane, bytes, receipt, .. } = broker.take(&Lane::ALL).await.unwrap();
        let job: JobMessage = serde_json::from_slice(&bytes).unwrap();
        for wanted in &job.results {
            one(&store, &broker, &script, &job, wanted, lane, attempt).await;
        }
        if let Err(error) = receipt.settle().await {
            assert_eq!(error.kind(), BrokerErrorKind::Stale);
        }
    }
}

async fn one(
    store: &DirectoryStore,
    broker: &InProcess,
    script: &Script,
    job: &JobMessage,
    wanted: &WantedResult,
    lane: Lane,
    attempt: u64,
) {
    let key = bookend_store::Digest::from(*wanted.key.as_bytes());
    if store.exists(&layout::commit(&key)).await.unwrap() {
        return;
    }
    emit(broker, &Event::Started { keys: vec![wanted.key], worker: "w".into() }).await;
    let attempt = AttemptId(format!("try-{attempt}"));
    let source = job.inputs.values().find_map(|input| match input {
        Input::Source(digest) => Some(*digest),
        Input::Result(_) => None,
    });
    let act = source.and_then(|source| script.acts.lock().unwrap().get_mut(&source)?.pop_front());
    match act {
        Some(Act::Fail(disposition)) => {
            let reason = Reason { code: "told-so".into(), message: "it was told to".into() };
            let verdict = Verdict {
                version: 1,
                key: wanted.key,
                attempt: attempt.clone(),
                disposition,
                reason: reason.clone(),
                worker: "w".into(),
                at: Timestamp::now(),
                log: String::new(),
            };
            let name = layout::verdict(&key, &attempt.0).unwrap();
            store.put_bytes(&name, serde_json::to_vec(&verdict).unwrap()).await.unwrap();
            return emit(broker, &Event::Failed { keys: vec![wanted.key], reason }).await;
        }
        Some(Act::Hold) => {
            script.held.notify_one();
            script.release.notified().await;
        }
        None => {}
    }
    let (facts, files) = make(&wanted.work, job);
    let mut stored = BTreeMap::new();
    for (name, bytes) in files {
        stored.insert(name.to_owned(), StoredFile { digest: Digest::of(&bytes), bytes: bytes.len() as u64 });
        store.put_bytes(&layout::result_file(&key, &attempt.0, name).unwrap(), bytes).await.unwrap();
    }
    let commit = Commit {
        version: 1,
        key: wanted.key,
        attempt,
        files: stored,
        facts,
        worker: "w".into(),
        engine: job.engine.clone(),
        started: Timestamp::UNIX_EPOCH,
        committed: Timestamp::now(),
        cpu_ms: 7,
    };
    script.made.lock().unwrap().push((wanted.key, lane));
    store.put_bytes(&layout::commit(&key), serde_json::to_vec(&commit).unwrap()).await.unwrap();
    emit(broker, &Event::Committed { keys: vec![wanted.key], cpu_ms: 7 }).await;
}

async fn emit(broker: &InProcess, event: &Event) {
    broker.emit(serde_json::to_vec(event).unwrap()).await.unwrap();
}

/// Makes up what a recipe would find, and the files that others read.
fn make(work: &Work, job: &JobMessage) -> (Facts, Vec<(&'static str, Vec<u8>)>) {
    match work {
        Work::Inspect(_) => (Facts::Inspect(Box::new(source())), Vec::new()),
        Work::Picture(picture) => {
            let facts = PictureFacts {
                file: "chunk".into(),
                frames: picture.frames,
                bytes: 0,
                parameter_sets: String::new(),
                first_frame: String::new(),
                last_frame: String::new(),
                first_luma: Vec::new(),
                last_luma: Vec::new(),
                worst_block_difference: 0.0,
                black: Vec::new(),
                frozen: Vec::new(),
                shown: Vec::new(),
                conform: Vec::new(),
            };
            let packets = PicturePackets { version: 1, packets: Vec::new() };
            (Facts::Picture(Box::new(facts)), vec![("packets.json", serde_json::to_vec(&packets).unwrap())])
        }
        Work::Sound(_) => {
            let facts = SoundFacts {
                file: "pcm".into(),
                first_sample: 0,
                samples: 0,
                span_lufs: None,
                source_lufs: None,
                source_samples: 0,
                peak: 0.0,
                conform: Vec::new(),
            };
            (Facts::Sound(facts), Vec::new())
        }
        Work::Mix(_) => {
            let facts = MixFacts {
                pcm: "pcm".into(),
                encoded: None,
                samples: 0,
                items: Vec::new(),
                programme_gain_db: None,
                limited: false,
                share_reduced: 0.0,
                gave_way: None,
                measured: Loudness::default(),
                silence: Vec::new(),
                passes: 1,
            };
            (Facts::Mix(Box::new(facts)), Vec::new())
        }
        Work::Assemble(_) => {
            let words = format!("made from {} results", job.inputs.len());
            (Facts::Assemble(Box::default()), vec![("deliverable.mp4", words.into_bytes())])
        }
    }
}

/// Ten seconds of picture and sound.
fn source() -> SourceFacts {
    let (raster, rate, end) = (Raster { width: 640, height: 360 }, Some(FrameRate::of(25, 1)), Time::from_seconds(10));
    let picture = SourcePicture {
        track: 0,
        codec: "h264".into(),
        profile: None,
        raster,
        display: raster,
        sample_aspect: (1, 1),
        rotation: 0,
        mirrored: false,
        pixel_format: "yuv420p".into(),
        bit_depth: 8,
        alpha: false,
        full_range: false,
        matrix: "bt709".into(),
        transfer: "bt709".into(),
        primaries: "bt709".into(),
        dynamics: Default::default(),
        scan: Default::default(),
        declared_rate: rate,
        rate,
        frames: 250,
        end,
        still: false,
        changes: false,
        seekable: true,
    };
    let sound = SourceSound {
        track: 1,
        codec: "aac".into(),
        rate_hz: 48_000,
        channels: 2,
        layout: "stereo".into(),
        start: Time::ZERO,
        end,
    };
    SourceFacts { picture: Some(picture), sound: Some(sound), ..SourceFacts::default() }
}
