//! The last step of a plan: every result that the programme and its outlets want.

use std::collections::BTreeMap;
use std::ops::Range;

use bookend_config::spec::{Colour, House, OutletSpec, PictureEncoding, SoundLayout};
use bookend_jobs::work::{Assemble, AssembleChunk, Composition, Mix, MixContent, MixItem, Picture, Sound, Work};
use bookend_jobs::{Engine, Input, Key, Request};
use bookend_timeline::{Cadence, OutletScan, Programme, chunks};

use super::{Inspected, ItemSound, Placed, Shows, Sourced, estimate, placed};
use crate::SchedulerError;
use crate::graph::{About, Graph};

/// Samples at 48 kHz in a millisecond.
const SAMPLES_A_MS: u32 = 48;

/// Everything that makes an episode for its outlets.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// What is asked for, with pinned decisions.
    pub sourced: Sourced,
    /// The house format.
    pub house: House,
    /// The programme's frames and samples.
    pub programme: Programme,
    /// The items in their places.
    pub items: Vec<Placed>,
    /// Each item's sound; none for tone and silence.
    pub sounds: Vec<Option<Key>>,
    /// The outlets, in the order asked for.
    pub outlets: Vec<PlannedOutlet>,
    /// Every result wanted.
    pub graph: Graph,
}

/// An outlet that is asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct WantedOutlet {
    /// What a producer calls it.
    pub title: String,
    /// What it asks of this house.
    pub spec: OutletSpec,
}

/// An outlet, and the results that its deliverable is made of.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedOutlet {
    /// What a producer calls it.
    pub title: String,
    /// What it asks.
    pub spec: OutletSpec,
    /// Its deliverable.
    pub assemble: Key,
    /// Its bus.
    pub mix: Key,
    /// Its chunks in programme order.
    pub chunks: Vec<PlannedChunk>,
}

/// A chunk in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedChunk {
    /// The item that it belongs to.
    pub item: usize,
    /// Its programme frames.
    pub frames: Range<u32>,
    /// The result.
    pub key: Key,
}

impl Plan {
    /// Returns the results that one outlet's deliverable is made of, its own included.
    #[must_use]
    pub fn results_of(&self, outlet: &PlannedOutlet) -> Vec<Key> {
        let mut wanted = vec![outlet.assemble];
        let mut at = 0;
        while let Some(&key) = wanted.get(at) {
            at += 1;
            let needs = self.graph.get(key).map(crate::graph::Node::needs).unwrap_or_default();
            wanted.extend(needs);
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }
}

/// Lays out the programme and names every result that its outlets want.
///
/// # Errors
/// With all items that are refused; when a point, a length or an outlet's rate makes no sense.
pub fn lay_out(
    sourced: Sourced,
    inspected: &BTreeMap<Key, Inspected>,
    outlets: Vec<WantedOutlet>,
    engine: &Engine,
) -> Result<Plan, SchedulerError> {
    let house = house(&sourced);
    let (programme, items) = placed::place(&sourced, inspected, engine)?;
    let mut naming =
        Naming { engine, house: &house, programme: &programme, items: &items, graph: sourced.inspections(engine) };
    let sounds = naming.sounds(sourced.rundown.house.rate);
    let ramp_samples = sourced.rundown.ramp_ms * SAMPLES_A_MS;
    let mut planned = Vec::with_capacity(outlets.len());
    for WantedOutlet { title, spec } in outlets {
        check_cadence(&house, &spec)?;
        let chunks = naming.chunks(&spec.picture);
        let mix = naming.mix(&sounds, &spec, ramp_samples);
        let assemble = naming.assemble(&spec, &chunks, mix);
        planned.push(PlannedOutlet { title, spec, assemble, mix, chunks });
    }
    let graph = naming.graph;
    Ok(Plan { sourced, house, programme, items, sounds, outlets: planned, graph })
}

fn house(sourced: &Sourced) -> House {
    let house = sourced.rundown.house;
    House {
        raster: house.raster,
        rate: house.rate,
        sound: match house.sound {
            bookend_timeline::SoundLayout::Stereo => SoundLayout::Stereo,
        },
        colour: match house.colour {
            bookend_timeline::Colour::Bt709 => Colour::Bt709,
        },
    }
}

/// Checks that the outlet shows each house frame as it is: other cadences come with the broadcast outlets.
fn check_cadence(house: &House, spec: &OutletSpec) -> Result<(), SchedulerError> {
    let wrong = |problem| Err(SchedulerError::Outlet { outlet: spec.name.clone(), problem });
    match Cadence::between(house.rate, spec.picture.rate(), OutletScan::Progressive) {
        Ok(Cadence::OneToOne) => Ok(()),
        Ok(_) => wrong(format!(
            "it runs at {}, and a house of {} is not converted to that yet; set the house's rate to the outlet's",
            spec.picture.rate(),
            house.rate
        )),
        Err(error) => wrong(error.to_string()),
    }
}

struct Naming<'a> {
    engine: &'a Engine,
    house: &'a House,
    programme: &'a Programme,
    items: &'a [Placed],
    graph: Graph,
}

impl Naming<'_> {
    /// Names each item's sound; none for tone and silence.
    fn sounds(&mut self, rate: bookend_units::FrameRate) -> Vec<Option<Key>> {
        let mut keys = Vec::with_capacity(self.items.len());
        for (at, item) in self.items.iter().enumerate() {
            let ItemSound::Source { source, inspect, start, .. } = &item.plays else {
                keys.push(None);
                continue;
            };
            let frames = item.frames.end - item.frames.start;
            let work = Work::Sound(Sound { start: *start, frames, rate, layout: self.house.sound });
            let inputs = source_inputs(*source, *inspect);
            let about = estimate::sound(frames, self.seconds(frames));
            let label = label(at, item, None);
            keys.push(Some(self.graph.insert(Request { work, inputs }, self.engine, About { label, ..about })));
        }
        keys
    }

    /// Names the chunks of all items in one encoding.
    fn chunks(&mut self, encoding: &PictureEncoding) -> Vec<PlannedChunk> {
        let mut planned = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            let (composition, inputs) = composition(&item.shows);
            for run in chunks(item.frames.end - item.frames.start, self.house.rate) {
                let frames = run.end - run.start;
                let work = Work::Picture(Picture {
                    composition: composition.clone(),
                    rate: self.house.rate,
                    first: run.start,
                    frames,
                    encoding: encoding.clone(),
                });
                let decoded = matches!(item.shows, Shows::Source { .. });
                let label = label(at, item, Some(&run));
                let about = About { label, ..estimate::picture(frames, encoding, decoded) };
                let key = self.graph.insert(Request { work, inputs: inputs.clone() }, self.engine, about);
                let first = item.frames.start + run.start;
                planned.push(PlannedChunk { item: at, frames: first..first + frames, key });
            }
        }
        planned
    }

    fn mix(&mut self, sounds: &[Option<Key>], spec: &OutletSpec, ramp_samples: u32) -> Key {
        let mut inputs = Inputs::new('s');
        let items = self.items.iter().zip(sounds).map(|(item, sound)| {
            let content = match (&item.plays, sound) {
                (ItemSound::Source { start, .. }, Some(key)) => {
                    MixContent::Sound { input: inputs.name(*key), start: *start }
                }
                (ItemSound::Tone, _) => MixContent::Tone,
                _ => MixContent::Silence,
            };
            MixItem { first: item.frames.start, frames: item.frames.end - item.frames.start, content }
        });
        let work = Work::Mix(Mix {
            rate: self.house.rate,
            layout: self.house.sound,
            items: items.collect(),
            target: spec.loudness.clone(),
            encoding: spec.sound.clone(),
            ramp_samples,
        });
        let frames = self.programme.total_frames();
        let about = estimate::mix(frames, self.seconds(frames), spec.sound.is_lossy());
        let label = format!("sound of {}", spec.name);
        self.graph.insert(Request { work, inputs: inputs.all }, self.engine, About { label, ..about })
    }

    fn assemble(&mut self, spec: &OutletSpec, chunks: &[PlannedChunk], mix: Key) -> Key {
        let mut inputs = Inputs::new('c');
        let parts = chunks.iter().map(|chunk| AssembleChunk {
            input: inputs.name(chunk.key),
            frames: chunk.frames.end - chunk.frames.start,
        });
        let work = Work::Assemble(Assemble {
            wrapper: spec.wrapper,
            picture: spec.picture.clone(),
            sound: spec.sound.clone(),
            chunks: parts.collect(),
            cuts: self.items.iter().skip(1).map(|item| item.frames.start).collect(),
        });
        let mut inputs = inputs.all;
        inputs.insert("mix".to_owned(), Input::Result(mix));
        let frames = self.programme.total_frames();
        let bytes = estimate::picture(frames, &spec.picture, false).scratch_bytes / 2;
        let about = estimate::assemble(frames, self.seconds(frames), bytes, self.items.len());
        let label = format!("file of {}", spec.name);
        self.graph.insert(Request { work, inputs }, self.engine, About { label, ..about })
    }

    fn seconds(&self, frames: u32) -> u64 {
        let rate = self.house.rate;
        (u64::from(frames) * u64::from(rate.den())).div_ceil(u64::from(rate.num()))
    }
}

/// Inputs named by a letter and the order in which they are first used; one that is used again keeps its name.
struct Inputs {
    letter: char,
    names: BTreeMap<Key, String>,
    all: BTreeMap<String, Input>,
}

impl Inputs {
    fn new(letter: char) -> Self {
        Inputs { letter, names: BTreeMap::new(), all: BTreeMap::new() }
    }

    fn name(&mut self, key: Key) -> String {
        if let Some(name) = self.names.get(&key) {
            return name.clone();
        }
        let name = format!("{}{:05}", self.letter, self.names.len());
        self.names.insert(key, name.clone());
        self.all.insert(name.clone(), Input::Result(key));
        name
    }
}

fn source_inputs(source: bookend_jobs::Digest, inspect: Key) -> BTreeMap<String, Input> {
    BTreeMap::from([("source".to_owned(), Input::Source(source)), ("inspect".to_owned(), Input::Result(inspect))])
}

fn composition(shows: &Shows) -> (Composition, BTreeMap<String, Input>) {
    match shows {
        Shows::Source { source, inspect, span } => {
            (Composition::Source { start: span.start, end: span.end }, source_inputs(*source, *inspect))
        }
        Shows::Still { source, inspect } => (Composition::Still, source_inputs(*source, *inspect)),
        Shows::Black => (Composition::Black, BTreeMap::new()),
        Shows::Bars => (Composition::Bars, BTreeMap::new()),
        Shows::Slate(lines) => (Composition::Slate { lines: lines.clone() }, BTreeMap::new()),
    }
}

/// Says where a result belongs: the item, its title, and which of its frames.
fn label(at: usize, item: &Placed, run: Option<&Range<u32>>) -> String {
    let frames = run.map(|run| format!(", frames {}–{}", run.start, run.end - 1)).unwrap_or_default();
    format!("item {} ({}){frames}", at + 1, item.title)
}
