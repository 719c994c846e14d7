//! Plans of fabricated sources: what is in a file is said by a commit, not by a file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use bookend_config::spec::{Colour, House, SoundLayout};
use bookend_jobs::facts::{Facts, SourceFacts, SourcePicture, SourceSound};
use bookend_jobs::work::{InspectLimits, MixContent, Work};
use bookend_jobs::{AttemptId, Commit, Digest, Engine, Key, Kind, StoredFile};
use bookend_store::{DirectoryStore, Store, layout};
use bookend_timeline::{FrameKind, FrameTable, Rundown, ShownFrame};
use bookend_units::{FrameRate, Raster, Time};
use jiff::Timestamp;

use super::*;
use crate::pieces::{self, Decision, Verdict};
use crate::sources::SourceMemory;
use crate::{ErrorKind, SchedulerError, record};

const PAL: FrameRate = FrameRate::of(25, 1);
const HEAD: &str = "id = \"e\"\n[house]\nraster = \"1920x1080\"\nrate = \"25\"\n[[segment]]\n";

struct Stage {
    folder: tempfile::TempDir,
    store: DirectoryStore,
    engine: Engine,
    commits: BTreeMap<Key, Commit>,
}

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine { recipes: 1, avcodec: "59.37".into(), x264: "164".into() };
        let store = DirectoryStore::open_or_create(&folder.path().join("store"), &engine.to_string()).await.unwrap();
        Stage { folder, store, engine, commits: BTreeMap::new() }
    }

    /// Writes a file that is found to have these facts; returns its digest.
    async fn file(&mut self, name: &str, facts: SourceFacts, table: Option<FrameTable>) -> Digest {
        fs::write(self.folder.path().join(name), name).unwrap();
        let digest = Digest::of(name.as_bytes());
        let media = Media { digest, file: None, inspect: default_inspect() };
        let key = media.inspection().key(&self.engine);
        let mut files = BTreeMap::new();
        if let Some(table) = table {
            let bytes = table.encode();
            let stored = StoredFile { digest: Digest::of(&bytes), bytes: bytes.len() as u64 };
            files.insert("frames.table".to_owned(), stored);
            let name = layout::result_file(&bookend_store::Digest::from(*key.as_bytes()), "t", "frames.table").unwrap();
            self.store.put_bytes(&name, bytes).await.unwrap();
        }
        let commit = Commit {
            version: 1,
            key,
            attempt: AttemptId("t".into()),
            files,
            facts: Facts::Inspect(Box::new(facts)),
            worker: "w".into(),
            engine: self.engine.clone(),
            started: Timestamp::UNIX_EPOCH,
            committed: Timestamp::UNIX_EPOCH,
            cpu_ms: 0,
        };
        let name = layout::commit(&bookend_store::Digest::from(*key.as_bytes()));
        record::write(&self.store, &name, &commit).await.unwrap();
        self.commits.insert(key, commit);
        digest
    }

    async fn gather(&self, text: &str) -> Result<Sourced, SchedulerError> {
        let rundown = Rundown::parse(&format!("{HEAD}{text}"), "e.toml").unwrap();
        let asked = Asked { rundown, file: "e.toml".into(), is_rundown: true };
        let mut memory = SourceMemory::empty(self.folder.path().join("memory"));
        let mut assets = Assets::new(&self.store, self.folder.path(), InspectLimits::default());
        gather(&self.store, &mut memory, &mut assets, asked, SystemTime::now()).await
    }

    async fn plan(&self, text: &str) -> Result<Plan, SchedulerError> {
        let sourced = self.gather(text).await?;
        let inspected = read_inspected(&self.store, &self.commits).await?;
        lay_out(sourced, &inspected, vec![wanted("youtube-1080p"), wanted("preview-360p")], &self.engine)
    }

    async fn approve(&self, piece: &str, asset: Digest, start: Option<&str>, at: i64) {
        let verdict = Verdict::Approve {
            asset,
            title: "The River".into(),
            credits: Vec::new(),
            start: start.map(str::to_owned),
            end: None,
        };
        let decision = Decision { version: 1, at: Timestamp::from_second(at).unwrap(), verdict };
        pieces::decide(&self.store, piece, &decision).await.unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn default_inspect() -> bookend_jobs::work::Inspect {
    bookend_jobs::work::Inspect { picture_track: None, sound_track: None, limits: InspectLimits::default() }
}

fn wanted(outlet: &str) -> WantedOutlet {
    let house = House {
        raster: Raster { width: 1920, height: 1080 },
        rate: PAL,
        sound: SoundLayout::Stereo,
        colour: Colour::Bt709,
    };
    let outlet = bookend_config::outlet(outlet).unwrap();
    WantedOutlet { title: outlet.title().into(), spec: outlet.resolve(&house).unwrap() }
}

fn moving(frames: u32, rate: Option<FrameRate>, end: Time) -> SourceFacts {
    let raster = Raster { width: 640, height: 360 };
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
        frames,
        end,
        still: false,
        changes: false,
        seekable: true,
    };
    SourceFacts { picture: Some(picture), sound: Some(sound(end)), ..SourceFacts::default() }
}

fn sound(end: Time) -> SourceSound {
    SourceSound {
        track: 1,
        codec: "aac".into(),
        rate_hz: 48_000,
        channels: 2,
        layout: "stereo".into(),
        start: Time::ZERO,
        end,
    }
}

fn still() -> SourceFacts {
    let mut facts = moving(1, None, Time::from_seconds(1));
    if let Some(picture) = &mut facts.picture {
        picture.still = true;
    }
    SourceFacts { sound: None, ..facts }
}

fn pal(seconds: i64) -> SourceFacts {
    moving(u32::try_from(seconds * 25).unwrap(), Some(PAL), Time::from_seconds(seconds))
}

fn lengths(plan: &Plan) -> Vec<u32> {
    plan.items.iter().map(|item| item.frames.end - item.frames.start).collect()
}

fn keys(plan: &Plan, kind: Kind) -> Vec<Key> {
    plan.graph.nodes().filter(|node| node.request.kind() == kind).map(|node| node.key).collect()
}

#[tokio::test]
async fn a_programme_of_every_kind_of_item() {
    let mut stage = Stage::new().await;
    stage.file("a.mov", pal(50), None).await;
    stage.file("logo.png", still(), None).await;
    stage.file("song.wav", SourceFacts { sound: Some(sound(Time::new(5, 2))), ..SourceFacts::default() }, None).await;
    let plan = stage
        .plan(
            "[[segment.item]]\nsource = \"a.mov\"\nin = \"10f\"\nout = \"00:00:41:00\"\n\
             [[segment.item]]\nsource = \"logo.png\"\n\
             [[segment.item]]\nsource = \"song.wav\"\npicture = \"logo.png\"\n\
             [[segment.item]]\nblack = \"12f\"\n[[segment.item]]\nbars = \"2s\"\n[[segment.item]]\nslate = \"1s\"\n",
        )
        .await
        .unwrap();
    assert_eq!(lengths(&plan), [41 * 25 - 10, 125, 63, 12, 50, 25]);
    assert_eq!(plan.items[1].frames.start, 1015);
    assert!(matches!(plan.items[2].shows, Shows::Still { .. }));
    let outlet = &plan.outlets[0];
    let chunks: Vec<_> = outlet.chunks.iter().map(|chunk| (chunk.item, chunk.frames.clone())).collect();
    assert_eq!(chunks[..3], [(0, 0..492), (0, 492..984), (0, 984..1015)]);
    let Work::Mix(mix) = &plan.graph.get(outlet.mix).unwrap().request.work else { panic!("a mix") };
    let heard: Vec<_> = mix.items.iter().map(|item| &item.content).collect();
    assert!(matches!(heard[0], MixContent::Sound { input, start } if input == "s00000" && *start == PAL.time_of(10)));
    assert!(matches!(heard[2], MixContent::Sound { input, .. } if input == "s00001"));
    assert_eq!([heard[1], heard[3], heard[5]], [&MixContent::Silence; 3]);
    assert_eq!(heard[4], &MixContent::Tone);
    assert_eq!(mix.ramp_samples, 96);
    let Work::Assemble(assemble) = &plan.graph.get(outlet.assemble).unwrap().request.work else {
        panic!("an assembly")
    };
    assert_eq!(assemble.cuts, [1015, 1140, 1203, 1215, 1265]);
    assert_eq!(assemble.chunks.iter().map(|chunk| chunk.frames).sum::<u32>(), plan.programme.total_frames());
    assert_eq!(keys(&plan, Kind::Mix).len(), 2, "two targets");
    assert_eq!(keys(&plan, Kind::Sound).len(), 2, "shared by both outlets");
    assert!(plan.results_of(outlet).len() < plan.graph.len());
}

#[tokio::test]
async fn only_what_changes_the_pictures_is_in_their_keys() {
    let mut stage = Stage::new().await;
    stage.file("a.mov", pal(30), None).await;
    stage.file("b.mov", pal(7), None).await;
    let both = "[[segment.item]]\nsource = \"a.mov\"\n[[segment.item]]\nsource = \"b.mov\"\n";
    let other =
        "[[segment.item]]\nsource = \"b.mov\"\ntitle = \"B\"\nrole = \"host\"\n[[segment.item]]\nsource = \"a.mov\"\n";
    let (one, two) = (stage.plan(both).await.unwrap(), stage.plan(other).await.unwrap());
    assert_eq!(keys(&one, Kind::Picture), keys(&two, Kind::Picture), "neither place nor title");
    assert_eq!(keys(&one, Kind::Sound), keys(&two, Kind::Sound));
    assert_ne!(keys(&one, Kind::Mix), keys(&two, Kind::Mix));
    let twice = stage.plan(&format!("{both}[[segment.item]]\nsource = \"b.mov\"\n")).await.unwrap();
    assert_eq!(keys(&twice, Kind::Picture), keys(&one, Kind::Picture), "shown twice, made once");
    let shifted = stage
        .plan("[[segment.item]]\nsource = \"a.mov\"\nin = \"1f\"\n[[segment.item]]\nsource = \"b.mov\"\n")
        .await
        .unwrap();
    let shared = keys(&shifted, Kind::Picture).iter().filter(|key| keys(&one, Kind::Picture).contains(key)).count();
    assert_eq!(shared, 2, "of the piece that stayed, in both encodings");
}

#[tokio::test]
async fn frames_of_a_variable_source_are_found_by_its_table() {
    let mut stage = Stage::new().await;
    let ticks = [0, 43, 147, 151, 1003];
    let frame = |&ticks: &i64| ShownFrame { ticks, duration_ticks: 500, key: true, kind: FrameKind::Progressive };
    let table = FrameTable { time_base: (1, 1000), declared_rate: None, frames: ticks.iter().map(frame).collect() };
    stage.file("v.mkv", moving(5, None, Time::new(1503, 1000)), Some(table)).await;
    let plan = stage.plan("[[segment.item]]\nsource = \"v.mkv\"\nin = \"2f\"\nout = \"5f\"\n").await.unwrap();
    let span = plan.items[0].span.unwrap();
    assert_eq!((span.start, span.end), (Time::new(147, 1000), Time::new(1503, 1000)));
    assert_eq!(lengths(&plan), [34]);
    let error = stage.plan("[[segment.item]]\nsource = \"v.mkv\"\nin = \"00:00:01:00\"\n").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.to_string().starts_with("e.toml:6: segment 1, item 1: "), "{error}");
}

#[tokio::test]
async fn what_is_refused_names_file_line_and_item() {
    let mut stage = Stage::new().await;
    stage.file("a.mov", pal(2), None).await;
    let error = stage
        .plan("[[segment.item]]\nsource = \"a.mov\"\nout = \"2.5s\"\n[[segment.item]]\nsource = \"a.mov\"\nin = \"51f\"\n")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let text = error.to_string();
    assert!(text.contains("e.toml:6: segment 1, item 1: `2.5s` lies outside"), "{text}");
    assert!(text.contains("e.toml:9: segment 1, item 2: `51f` lies outside"), "{text}");
    let error = stage
        .gather("[[segment.item]]\nsource = \"gone.mov\"\n[[segment.item]]\npiece = \"nobody\"\n")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let text = error.to_string();
    assert!(
        text.contains("e.toml:6: segment 1, item 1: there is no file") && text.contains("item 2: piece `nobody`"),
        "{text}"
    );
    let wrong = [
        ("[[segment.item]]\nsource = \"a.mov\"\nin = \"1s\"\nout = \"0.5s\"\n", "in (`1s`) is not before out (`0.5s`)"),
        ("[[segment.item]]\nsource = \"a.mov\"\nin = \"00:00:00;05\"\n", "no drop-frame"),
        ("[[segment.item]]\nsource = \"a.mov\"\npicture = \"a.mov\"\n", "has a picture of its own"),
    ];
    for (text, expected) in wrong {
        let error = stage.plan(text).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request, "{text}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn uploads_go_on_air_by_approval_alone() {
    let mut stage = Stage::new().await;
    let asset = stage.file("up.mp4", pal(4), None).await;
    let by_piece = "[[segment.item]]\npiece = \"the-river\"\n";
    let by_path = "[[segment.item]]\nsource = \"up.mp4\"\n";
    let plan = stage.plan(by_path).await.unwrap();
    assert!(matches!(plan.items[0].origin, Origin::InHouse { .. }), "nobody uploaded it yet");
    let name = layout::asset(&bookend_store::Digest::from(*asset.as_bytes()), "r").unwrap();
    stage.store.put_bytes(&name, b"{}".to_vec()).await.unwrap();
    let refused = |error: SchedulerError, says: &str| {
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.to_string().contains(says), "{error}");
    };
    refused(stage.plan(by_path).await.unwrap_err(), "no piece of it is approved");
    stage.approve("the-river", asset, Some("1s"), 10).await;
    let plan = stage.plan(by_piece).await.unwrap();
    assert_eq!((lengths(&plan), plan.items[0].title.as_str()), (vec![75], "The River"));
    assert_eq!(lengths(&stage.plan("[[segment.item]]\npiece = \"the-river\"\nin = \"2s\"\n").await.unwrap()), [50]);
    assert!(matches!(stage.plan(by_path).await.unwrap().items[0].origin, Origin::Piece(_)));

    let pinned = stage.gather(by_piece).await.unwrap();
    assert!(crate::handover::recheck(&stage.store, &pinned).await.unwrap().is_empty());
    stage.approve("the-river", asset, None, 20).await;
    let changes = crate::handover::recheck(&stage.store, &pinned).await.unwrap();
    assert!(changes["the-river"].contains("approved again"), "{changes:?}");
    pieces::reject(&stage.store, "the-river", Timestamp::from_second(30).unwrap()).await.unwrap();
    let error = crate::handover::recheck(&stage.store, &pinned).await.unwrap_err();
    assert!(error.to_string().starts_with("e.toml:6: segment 1, item 1: piece `the-river` was rejected"), "{error}");
    refused(stage.plan(by_piece).await.unwrap_err(), "is rejected");
}

#[tokio::test]
async fn a_listing_says_what_is_made_and_why() {
    let mut stage = Stage::new().await;
    stage.file("a.mov", pal(2), None).await;
    let plan = stage.plan("[[segment.item]]\nsource = \"a.mov\"\n").await.unwrap();
    let listing = Listing::of(&plan.graph, &existing(&stage.store, &plan.graph).await.unwrap());
    let json = serde_json::to_value(&listing).unwrap();
    assert_eq!((json["totals"]["reuse"].as_u64(), json["totals"]["make"].as_u64()), (Some(1), Some(7)));
    let first = &json["results"][0];
    assert_eq!((first["kind"].as_str(), first["action"].as_str()), (Some("inspect"), Some("reuse")));
    assert!(first.get("cpu_s").is_none() && first["why"].is_string() && first["key"].is_string());
    let last = json["results"].as_array().and_then(|results| results.last()).unwrap();
    assert_eq!((last["kind"].as_str(), last["action"].as_str()), (Some("assemble"), Some("make")));
    assert!(last["cpu_s"].is_number() && last["frames"] == 50);
    assert!(stage.path().exists());
}
