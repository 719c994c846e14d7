//! Damaged and hostile bytes: facts or a refusal, never a panic, never memory without end.

use std::path::Path;

use proptest::prelude::*;

use super::ffmpeg;
use crate::RecipeError;
use crate::structure::h264::{AccessUnit, ParameterSets, with_idr_pic_id};
use crate::structure::prores::ProResFrame;
use crate::structure::survey;

/// Surveys `bytes`; only a refusal may come instead of facts.
fn look(bytes: &[u8], folder: &Path) {
    let path = folder.join("hostile");
    std::fs::write(&path, bytes).unwrap();
    match survey(&path, &mut |_| Ok(())) {
        Ok(_) | Err(RecipeError::Refused { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

fn good() -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("good.mp4");
    let arguments = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=64x64:rate=25:duration=1",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=1",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-c:a",
        "aac",
        "-movflags",
        "+faststart",
    ];
    ffmpeg(&arguments, &path).then(|| std::fs::read(&path).unwrap())
}

#[test]
fn a_damaged_file_gives_facts_or_a_refusal() {
    let Some(good) = good() else { return };
    let folder = tempfile::tempdir().unwrap();
    let header = good.windows(4).position(|w| w == b"mdat").unwrap();
    for cut in (0..good.len()).step_by(97) {
        look(&good[..cut], folder.path());
    }
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(600));
    let edits = prop::collection::vec((0..header + 400, prop_oneof![any::<u8>(), Just(0), Just(0xff)]), 1..12);
    runner
        .run(&edits, |edits| {
            let mut bytes = good.clone();
            for (at, value) in edits {
                bytes[at] = value;
            }
            look(&bytes, folder.path());
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_table_that_claims_more_than_its_box_is_refused() {
    let Some(mut bytes) = good() else { return };
    let at = bytes.windows(4).position(|w| w == b"stsz").unwrap();
    bytes[at + 12..at + 16].copy_from_slice(&u32::MAX.to_be_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.mp4");
    std::fs::write(&path, &bytes).unwrap();
    let error = survey(&path, &mut |_| Ok(())).unwrap_err();
    assert_eq!(error.reason().code, "damaged-wrapper");
}

proptest! {
    #[test]
    fn packets_of_noise_are_damage(noise in prop::collection::vec(any::<u8>(), 0..400), starts in any::<bool>()) {
        let mut extradata = noise.clone();
        extradata.insert(0, u8::from(starts));
        if let Ok(mut sets) = ParameterSets::from_extradata(&extradata) {
            let _ = AccessUnit::read(&noise, &mut sets);
            let _ = with_idr_pic_id(&noise, &sets, 3);
        }
        let _ = ProResFrame::read(&noise);
    }
}
