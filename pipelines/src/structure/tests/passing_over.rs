//! Pictures that nothing refers to decide nothing but themselves.

use std::collections::BTreeMap;
use std::path::Path;

use bookend_media::{Choice, DecodeOptions, Frame, OpenOptions, Packet, TrackReader};

use super::ffmpeg;
use crate::picture::frame_hash;
use crate::structure::{ParameterSets, is_reference};

/// Ways in which x264 lets pictures refer to each other.
const WAYS: [&str; 4] = [
    "keyint=10:bframes=0",
    "keyint=10:bframes=2:b-pyramid=none:b-adapt=0",
    "keyint=10:bframes=3:b-pyramid=strict:b-adapt=0:ref=4",
    "keyint=10:bframes=4:b-pyramid=normal:b-adapt=0:ref=3:weightp=2:direct=temporal",
];

fn sample(folder: &Path, parameters: &str) -> Option<TrackReader> {
    let path = folder.join("sample.mp4");
    let source = "testsrc2=size=192x112:rate=25:duration=2";
    let arguments = ["-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-x264-params", parameters];
    ffmpeg(&arguments, &path)
        .then(|| TrackReader::open(&path, 0, &OpenOptions::header_only(), &DecodeOptions::default()).unwrap())
}

/// Hashes of the frames of the packets chosen, by when they are shown.
fn hashes(reader: &mut TrackReader, choose: &mut dyn FnMut(&Packet) -> Choice) -> BTreeMap<i64, String> {
    let (mut found, mut frame) = (BTreeMap::new(), Frame::empty().unwrap());
    while reader.next_of(&mut frame, choose).unwrap() {
        found.insert(frame.ticks().unwrap(), frame_hash(&frame));
    }
    assert_eq!(reader.damage(), bookend_media::Damage::default());
    found
}

#[test]
fn frames_decode_the_same_without_those_that_nothing_refers_to() {
    let folder = tempfile::tempdir().unwrap();
    for parameters in WAYS {
        let Some(mut reader) = sample(folder.path(), parameters) else { return };
        let sets = ParameterSets::from_extradata(&reader.demuxer().header(0)).unwrap();
        let all = hashes(&mut reader, &mut |_| Choice::Decode);
        reader.seek_before(0).unwrap();
        let referred = hashes(&mut reader, &mut |packet| {
            if is_reference(packet.data(), &sets) { Choice::Decode } else { Choice::PassOver }
        });
        assert_eq!(all.len(), 50);
        assert_eq!(referred.len() < all.len(), !parameters.contains("bframes=0"), "{parameters}");
        for (shown, hash) in &referred {
            assert_eq!(all.get(shown), Some(hash), "{parameters}: at {shown}");
        }
    }
}

#[test]
fn reading_ends_with_the_last_packet_chosen_until_the_next_seek() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut reader) = sample(folder.path(), WAYS[3]) else { return };
    let all = hashes(&mut reader, &mut |_| Choice::Decode);
    for place in [10, 20] {
        let last = *all.keys().nth(place).unwrap();
        reader.seek_before(0).unwrap();
        let found = hashes(&mut reader, &mut |packet| {
            if packet.pts() == Some(last) { Choice::DecodeLast } else { Choice::Decode }
        });
        let wanted: BTreeMap<i64, String> = all.range(..=last).map(|(shown, hash)| (*shown, hash.clone())).collect();
        assert_eq!(found, wanted);
    }
}
