//! `idr_pic_id` comes and goes without a trace.

use super::{ffmpeg, frame_hashes};
use crate::structure::h264::{Framing, ParameterSets, canonical_digest, idr_pic_id, with_idr_pic_id};
use crate::structure::{SurveyedPacket, survey};

/// Streams of every shape that x264 writes progressively: entropy coder, slices, wrapper.
const SHAPES: [(&str, &str, &str); 6] = [
    ("cabac", "mp4", "keyint=5:bframes=2"),
    ("cavlc", "mp4", "keyint=5:bframes=2:cabac=0"),
    ("slices", "mp4", "keyint=4:slices=3:aud=1"),
    ("cavlc-slices", "mp4", "keyint=4:slices=3:cabac=0:no-deblock=1"),
    ("intra", "mp4", "keyint=1"),
    ("lossless", "mp4", "keyint=3:qp=0:slice-max-size=200"),
];

fn shape(parameters: &str) -> Vec<&str> {
    let source = "testsrc2=size=192x112:rate=25:duration=1";
    vec!["-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-x264-params", parameters]
}

#[test]
fn an_id_that_is_changed_and_changed_back_leaves_the_packet_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    for (name, extension, parameters) in SHAPES {
        let path = folder.path().join(format!("{name}.{extension}"));
        if !ffmpeg(&shape(parameters), &path) {
            return;
        }
        let mut pictures = 0;
        let mut each = |packet: SurveyedPacket<'_>| {
            let sets = packet.parameter_sets.unwrap();
            let Some(id) = idr_pic_id(packet.bytes, sets).unwrap() else {
                assert_eq!(with_idr_pic_id(packet.bytes, sets, 7).unwrap(), packet.bytes);
                return Ok(());
            };
            pictures += 1;
            let digest = canonical_digest(packet.bytes, Some(sets)).unwrap();
            for other in [0, 1, 2, 6, 7, 254, 65_535] {
                let changed = with_idr_pic_id(packet.bytes, sets, other).unwrap();
                assert_eq!(idr_pic_id(&changed, sets), Ok(Some(other)));
                assert_eq!(canonical_digest(&changed, Some(sets)), Ok(digest.clone()));
                assert_eq!(with_idr_pic_id(&changed, sets, id).unwrap(), packet.bytes, "{name}: {id} → {other} → {id}");
            }
            assert!(with_idr_pic_id(packet.bytes, sets, 65_536).is_err());
            Ok(())
        };
        let facts = survey(&path, &mut each).unwrap().unwrap();
        assert_eq!(facts.damage, Vec::<String>::new(), "{name}");
        assert!(pictures >= 5, "{name}: {pictures}");
    }
}

#[test]
fn rewritten_streams_decode_to_the_same_frames() {
    let folder = tempfile::tempdir().unwrap();
    for (name, _, parameters) in SHAPES {
        let path = folder.path().join(format!("{name}.h264"));
        if !ffmpeg(&shape(parameters), &path) {
            return;
        }
        // The raw stream as one packet: framing by start codes, several pictures in it.
        let stream = std::fs::read(&path).unwrap();
        let sets = ParameterSets::from_extradata(&stream).unwrap();
        assert_eq!(sets.framing(), Framing::StartCodes);
        let changed = with_idr_pic_id(&stream, &sets, 12_345).unwrap();
        assert_ne!(changed, stream);
        let other = folder.path().join(format!("{name}-changed.h264"));
        std::fs::write(&other, &changed).unwrap();
        let hashes = frame_hashes(&path);
        assert_eq!(hashes.len(), 25);
        assert_eq!(frame_hashes(&other), hashes, "{name}");
    }
}

#[test]
fn parameter_sets_tell_encoders_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut digests = Vec::new();
    for parameters in ["keyint=5", "keyint=7", "keyint=5:cabac=0"] {
        let path = folder.path().join("one.h264");
        if !ffmpeg(&shape(parameters), &path) {
            return;
        }
        digests.push(ParameterSets::from_extradata(&std::fs::read(&path).unwrap()).unwrap().digest());
    }
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
}
