//! Mixing any source layout to the house's, by ITU-R BS.775-3, annex 4.
//!
//! Factors are used as they stand, without scaling the sum down: samples are float here, so nothing clips, and the item's
//! gain comes later. Stereo from more channels: left and right at 0 dB, centre and surrounds at −3 dB on their side or
//! both sides, a surround on the middle line at −6 dB on both, low-frequency effects left out. Mono goes to both
//! channels unchanged, at 0 dB, as broadcasters do: it then measures 3 LU more than the single channel, which is what two
//! speakers make of it.

use std::f64::consts::FRAC_1_SQRT_2;

use bookend_config::spec::SoundLayout;
use bookend_media::Speaker;

/// The factors that make the house's layout of a source's channels, and what to tell people about it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Downmix {
    /// One row for each house channel, one factor in it for each source channel.
    pub matrix: Vec<Vec<f64>>,
    /// What was done, in plain words; `None` where nothing was.
    pub note: Option<String>,
}

impl Downmix {
    /// Chooses the factors.
    pub(crate) fn of(speakers: &[Speaker], layout: SoundLayout) -> Self {
        let SoundLayout::Stereo = layout;
        let (pairs, note) = to_stereo(speakers);
        let row = |side: fn(&(f64, f64)) -> f64| pairs.iter().map(side).collect();
        Downmix { matrix: vec![row(|pair| pair.0), row(|pair| pair.1)], note }
    }
}

/// Returns what every channel gives to left and right.
fn to_stereo(speakers: &[Speaker]) -> (Vec<(f64, f64)>, Option<String>) {
    let stated = speakers.iter().any(|speaker| *speaker != Speaker::Unstated);
    match speakers.len() {
        1 => (vec![(1.0, 1.0)], Some("mono on both channels at 0 dB".into())),
        2 if !stated => (vec![(1.0, 0.0), (0.0, 1.0)], None),
        count if stated => {
            let pairs: Vec<_> = speakers.iter().map(|speaker| share(*speaker)).collect();
            let plain = pairs == [(1.0, 0.0), (0.0, 1.0)];
            let note = format!(
                "{count} channels mixed to stereo by ITU-R BS.775: centre and surrounds at −3 dB, no low-frequency effects"
            );
            (pairs, (!plain).then_some(note))
        }
        count => match usual_order(count) {
            Some((name, usual)) => {
                let (pairs, _) = to_stereo(usual);
                (
                    pairs,
                    Some(format!(
                        "{count} channels without stated places, taken for {name} and mixed to stereo by ITU-R BS.775"
                    )),
                )
            }
            None => {
                let first_two = |index: usize| (f64::from(u8::from(index == 0)), f64::from(u8::from(index == 1)));
                let note =
                    format!("{count} channels without stated places: the first two are taken for left and right");
                ((0..count).map(first_two).collect(), Some(note))
            }
        },
    }
}

/// Returns what a channel without places of its own is taken for: SMPTE ST 428-12 order, by number.
fn usual_order(count: usize) -> Option<(&'static str, &'static [Speaker])> {
    use Speaker::{Centre, Left, LeftSurround, LowFrequency, Right, RightSurround};
    const FIVE_ONE: [Speaker; 6] = [Left, Right, Centre, LowFrequency, LeftSurround, RightSurround];
    const SEVEN_ONE: [Speaker; 8] =
        [Left, Right, Centre, LowFrequency, LeftSurround, RightSurround, LeftSurround, RightSurround];
    match count {
        6 => Some(("5.1", &FIVE_ONE)),
        8 => Some(("7.1", &SEVEN_ONE)),
        _ => None,
    }
}

fn share(speaker: Speaker) -> (f64, f64) {
    match speaker {
        Speaker::Left | Speaker::LeftOfCentre | Speaker::DownmixLeft => (1.0, 0.0),
        Speaker::Right | Speaker::RightOfCentre | Speaker::DownmixRight => (0.0, 1.0),
        Speaker::Centre => (FRAC_1_SQRT_2, FRAC_1_SQRT_2),
        Speaker::LeftSurround => (FRAC_1_SQRT_2, 0.0),
        Speaker::RightSurround => (0.0, FRAC_1_SQRT_2),
        Speaker::CentreSurround => (0.5, 0.5),
        Speaker::Omni => (1.0, 1.0),
        Speaker::LowFrequency | Speaker::Silent | Speaker::Unstated => (0.0, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Speaker::{Centre, Left, LeftSurround, LowFrequency, Omni, Right, RightSurround, Silent, Unstated};

    fn stereo(speakers: &[Speaker]) -> Downmix {
        Downmix::of(speakers, SoundLayout::Stereo)
    }

    #[test]
    fn stereo_is_left_alone() {
        for speakers in [[Left, Right], [Unstated, Unstated], [Speaker::DownmixLeft, Speaker::DownmixRight]] {
            assert_eq!(stereo(&speakers), Downmix { matrix: vec![vec![1.0, 0.0], vec![0.0, 1.0]], note: None });
        }
    }

    #[test]
    fn mono_is_heard_in_full_on_both() {
        for speaker in [Centre, Left, Unstated] {
            assert_eq!(stereo(&[speaker]).matrix, [[1.0], [1.0]]);
        }
    }

    #[test]
    fn surround_follows_bs_775() {
        let half = FRAC_1_SQRT_2;
        let five_one = stereo(&[Left, Right, Centre, LowFrequency, LeftSurround, RightSurround]);
        assert_eq!(five_one.matrix, [[1.0, 0.0, half, 0.0, half, 0.0], [0.0, 1.0, half, 0.0, 0.0, half]]);
        assert_eq!(stereo(&[Unstated; 6]).matrix, five_one.matrix);
        let swapped = stereo(&[Right, Left]);
        assert_eq!(swapped.matrix, [[0.0, 1.0], [1.0, 0.0]]);
        assert!(swapped.note.is_some());
    }

    #[test]
    fn many_channels_without_places_are_a_stereo_pair_and_others() {
        let found = stereo(&[Unstated; 16]);
        assert_eq!((found.matrix[0][0], found.matrix[1][1]), (1.0, 1.0));
        assert_eq!(found.matrix.concat().iter().sum::<f64>(), 2.0);
    }

    #[test]
    fn of_ambisonics_the_sound_from_everywhere_is_heard() {
        assert_eq!(stereo(&[Omni, Silent, Silent, Silent]).matrix, [[1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]);
    }
}
