use std::collections::{BTreeMap, BTreeSet};

use bookend_config::spec::{PictureEncoding, ProRes, ProResProfile};
use bookend_jobs::work::{Composition, Inspect, InspectLimits, Picture, Work};
use bookend_jobs::{Digest, Engine, Input, Key, Request};
use bookend_units::{FrameRate, Raster, Time};

use super::{About, Graph};

fn engine() -> Engine {
    Engine { recipes: 1, avcodec: "59.37".into(), x264: "164".into() }
}

fn inspect(source: u8) -> Request {
    Request {
        work: Work::Inspect(Inspect { picture_track: None, sound_track: None, limits: InspectLimits::default() }),
        inputs: BTreeMap::from([("source".into(), Input::Source(Digest::from_bytes([source; 32])))]),
    }
}

fn picture(first: u32, threads: u32, inspect: Key) -> Request {
    let rate = FrameRate::of(25, 1);
    let raster = Raster { width: 640, height: 360 };
    Request {
        work: Work::Picture(Picture {
            composition: Composition::Source { start: Time::ZERO, end: Time::from_seconds(9) },
            rate,
            first,
            frames: 100,
            encoding: PictureEncoding::ProRes(ProRes { raster, rate, profile: ProResProfile::Hq, threads }),
        }),
        inputs: BTreeMap::from([
            ("source".into(), Input::Source(Digest::from_bytes([1; 32]))),
            ("inspect".into(), Input::Result(inspect)),
        ]),
    }
}

#[test]
fn only_requests_that_differ_in_encoding_alone_share_a_pass() {
    let (engine, mut graph) = (engine(), Graph::new());
    let mut add = |request| graph.insert(request, &engine, About { scratch_bytes: 10, ..About::default() });
    let source = add(inspect(1));
    let (one, two) = (add(picture(0, 1, source)), add(picture(0, 2, source)));
    let later = add(picture(100, 1, source));
    let other_input = add(picture(0, 1, Key::from_bytes([7; 32])));
    let jobs: BTreeSet<_> = graph.jobs().into_iter().collect();
    let pass = |keys: &[Key]| keys.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(jobs, [pass(&[source]), pass(&[one, two]), pass(&[later]), pass(&[other_input])].into());
    let message = graph.message(&pass(&[one, two]), &engine, "r").unwrap();
    assert_eq!(message.scratch_bytes, 20);
    assert_eq!(message.inputs, graph.get(one).unwrap().request.inputs);
    assert_eq!(message.results.iter().map(|wanted| wanted.key).collect::<BTreeSet<_>>(), pass(&[one, two]));
    assert_eq!(graph.message(&BTreeSet::new(), &engine, "r"), None);
}

#[test]
fn what_a_result_is_made_from_comes_from_its_request() {
    let (engine, mut graph) = (engine(), Graph::new());
    let source = graph.insert(inspect(1), &engine, About::default());
    let chunk = graph.insert(picture(0, 1, source), &engine, About::default());
    assert_eq!(graph.get(chunk).unwrap().needs(), BTreeSet::from([source]));
    assert_eq!(graph.dependants(), BTreeMap::from([(source, BTreeSet::from([chunk]))]));
}

#[test]
fn a_result_wanted_twice_is_there_once() {
    let (engine, mut graph) = (engine(), Graph::new());
    let about = |label: &str| About { label: label.into(), ..About::default() };
    let first = graph.insert(inspect(1), &engine, about("first"));
    assert_eq!(graph.insert(inspect(1), &engine, about("second")), first);
    assert_eq!((graph.len(), graph.get(first).unwrap().label.as_str()), (1, "first"));
}
