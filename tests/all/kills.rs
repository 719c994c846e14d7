//! Renders that are killed, and renders that are asked to stop: nothing made is lost, nothing is made twice, nothing is left.
//!
//! A moment is named by what the render had done: files kept so far, and then steps seen in scratch. How long that takes
//! does not matter.

mod moment;
mod processes;

use std::collections::BTreeSet;

use self::moment::Moment;
use self::processes::Render;
use crate::cli::stage::{OUTLET, Stage, Told};

/// Kills in all, by the three ways to kill.
const ROUNDS: u64 = 20;

/// An episode of cuts, a still life of its own for each way to make a picture.
const ITEMS: [&str; 6] = [
    "source = \"one.mp4\"\nout = \"40f\"",
    "source = \"two.mp4\"\nin = \"10f\"\nout = \"2s\"",
    "black = \"6f\"",
    "bars = \"12f\"",
    "slate = \"12f\"",
    "source = \"three.mp4\"",
];

/// Who is killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Victim {
    Parent,
    OneChild,
    All,
}

#[test]
fn a_render_whose_process_is_killed_goes_on_where_it_was() {
    rounds(Victim::Parent);
}

#[test]
fn a_render_one_of_whose_children_is_killed_makes_its_result_again() {
    rounds(Victim::OneChild);
}

#[test]
fn a_render_killed_with_all_its_children_goes_on_where_it_was() {
    rounds(Victim::All);
}

/// Kills renders of one kind at moments that differ from those of the other kinds.
fn rounds(victim: Victim) {
    let calm = Calm::render();
    let mine =
        (0..ROUNDS).filter(|round| [Victim::Parent, Victim::OneChild, Victim::All][(round % 3) as usize] == victim);
    let mut seeds = (1..).map(|at| at * 3 + victim as u64);
    for round in mine {
        // A render may be done before its moment's last steps are seen; that is then no kill, and another moment is drawn.
        let killed = seeds.by_ref().take(10).any(|seed| calm.kill(victim, seed));
        assert!(killed, "round {round}: ten renders in a row ended before they could be killed");
    }
}

/// What an undisturbed render made.
struct Calm {
    frames: String,
    total: u64,
    /// Files kept in store and destination at its end.
    kept: usize,
}

impl Calm {
    fn render() -> Self {
        let stage = stage();
        let told = stage.render("show");
        told.ended(0);
        let kept = stage.store().kept().len() + stage.files("out").len();
        Calm { frames: stage.frames(&media()), total: told.jobs("total"), kept }
    }

    /// Kills a render at the moment of this seed and renders again; false when it was done before that.
    fn kill(&self, victim: Victim, seed: u64) -> bool {
        let stage = stage();
        let moment = Moment::of(seed, self.kept);
        let mut render = Render::start(&stage, "show");
        if !moment.come(&stage, &mut render, |render| victim != Victim::OneChild || !render.children().is_empty()) {
            return false;
        }
        match victim {
            Victim::Parent => render.kill(),
            Victim::All => render.kill_all(),
            Victim::OneChild => {
                if !render.kill_child(seed) {
                    return false;
                }
            }
        }
        let told = render.end();
        let context = format!("{victim:?} killed at {moment:?}: {told:#?}");
        if victim == Victim::OneChild {
            // It goes on by itself; only asking a child which engine it is has no second try.
            assert!(told.code == Some(0) || told.err.contains("engine cannot be asked"), "{context}");
        }
        self.check_left(&stage, &context);
        let before = stage.store().commits();
        let again = stage.render("show");
        assert_eq!(again.code, Some(0), "{context}\n{again:#?}");
        for (key, commit) in &before {
            assert_eq!(stage.store().commits().get(key), Some(commit), "{key} was made again: {context}");
        }
        assert_eq!(stage.store().commits().len() as u64, self.total, "{context}");
        self.check_done(&stage, &again);
        true
    }

    /// What may lie about right after a kill: nothing that looks finished and is not.
    fn check_left(&self, stage: &Stage, context: &str) {
        for file in stage.files("out") {
            assert!(
                file.starts_with('.') || !file.ends_with("mp4") || stage.frames(&media()) == self.frames,
                "{file}: {context}"
            );
        }
    }

    fn check_done(&self, stage: &Stage, told: &Told) {
        assert_eq!(stage.files("out"), delivered("show"));
        assert_eq!(stage.frames(&media()), self.frames, "the same frames and samples");
        assert_eq!(stage.store().scratch(), Vec::<std::path::PathBuf>::new(), "nothing in scratch: {told:#?}");
        assert!(stage.files(".bookend/open").is_empty(), "no open run");
        let known = BTreeSet::from([".remembered-sources.json", "bookend.json"]);
        let own = stage.files(".bookend").into_iter().filter(|file| !file.contains('/'));
        assert_eq!(own.filter(|file| !known.contains(file.as_str())).collect::<Vec<_>>(), Vec::<String>::new());
    }
}

fn stage() -> Stage {
    let stage = Stage::new();
    stage.show(&ITEMS);
    stage
}

fn media() -> String {
    format!("out/show-{OUTLET}.mp4")
}

/// The files of a deliverable, in order.
fn delivered(episode: &str) -> Vec<String> {
    ["mp4", "report.html", "report.json"].map(|extension| format!("{episode}-{OUTLET}.{extension}")).to_vec()
}

#[test]
fn renders_at_once_on_one_store_make_each_result_once() {
    let stage = Stage::new();
    let [one, two, three] = ["one", "two", "three"].map(|clip| format!("source = \"{clip}.mp4\"\nout = \"50f\""));
    let episodes = [
        ("first", vec![one.as_str(), two.as_str(), "black = \"6f\""]),
        ("second", vec![two.as_str(), three.as_str(), "bars = \"12f\""]),
        ("third", vec![three.as_str(), one.as_str(), "bars = \"12f\""]),
        ("fourth", vec![one.as_str(), three.as_str(), two.as_str()]),
    ];
    for (id, items) in &episodes {
        stage.episode(id, items);
    }
    let mut renders: Vec<_> = episodes.iter().map(|(id, _)| Render::start(&stage, id)).collect();
    // When some results are there and most are not.
    let (survivors, killed) = renders.split_at_mut(3);
    assert!(Moment::after(12).come(&stage, &mut killed[0], |_| true), "the fourth was done before it could be killed");
    killed[0].kill();
    let left_at_kill = stage.store().attempts();
    for render in survivors {
        render.end_in_place().ended(0);
    }
    renders.pop().expect("the fourth").end();
    each_key_has_one_attempt(&stage, &left_at_kill);
    let before = stage.store().commits();
    stage.render("fourth").ended(0);
    let after = stage.store().commits();
    assert!(before.iter().all(|(key, commit)| after.get(key) == Some(commit)), "nothing was made again");
    each_key_has_one_attempt(&stage, &left_at_kill);
    assert!(stage.store().scratch().is_empty(), "{:?}", stage.store().scratch());
    let mut all: Vec<_> = episodes.iter().flat_map(|(id, _)| delivered(id)).collect();
    all.sort();
    assert_eq!(stage.files("out"), all);
}

/// A second make of a key would have left a second attempt; only the killed render's own may be without a commit.
#[track_caller]
fn each_key_has_one_attempt(stage: &Stage, left_at_kill: &[(String, String)]) {
    let commits = stage.store().commits();
    for (key, attempt) in stage.store().attempts() {
        let committed = commits.get(&key).is_some_and(|(of, _)| *of == attempt);
        assert!(
            committed || left_at_kill.contains(&(key.clone(), attempt.clone())),
            "{key}: attempt {attempt} is nobody's"
        );
    }
}

#[test]
fn a_render_that_is_asked_to_stop_says_how_to_go_on() {
    for (signal, kept) in [(rustix::process::Signal::INT, 8), (rustix::process::Signal::TERM, 14)] {
        let stage = stage();
        let mut render = Render::start(&stage, "show");
        assert!(Moment::after(kept).come(&stage, &mut render, |_| true), "it was done before it could be asked");
        render.signal(signal);
        let told = render.end();
        told.failed(130, &["interrupted", "what was made is kept", "run the same command again"]);
        assert!(stage.store().scratch().is_empty(), "it left in peace: {:?}", stage.store().scratch());
        assert_eq!(stage.files("out"), Vec::<String>::new());
        let before = stage.store().commits();
        let again = stage.render("show");
        again.ended(0);
        assert!(before.iter().all(|(key, commit)| stage.store().commits().get(key) == Some(commit)));
        assert_eq!(again.jobs("total") as usize, stage.store().commits().len());
        assert_eq!(stage.files("out"), delivered("show"));
        assert!(stage.files(".bookend/open").is_empty());
    }
}
