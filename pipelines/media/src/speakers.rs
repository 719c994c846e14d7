//! What the channels of sound are for.

use ffmpeg_next::ffi;

use crate::Frame;

/// Where a channel's speaker stands, or what else the channel is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Speaker {
    /// The file does not say.
    Unstated,
    /// Left.
    Left,
    /// Right.
    Right,
    /// Centre.
    Centre,
    /// Low-frequency effects, any number of them.
    LowFrequency,
    /// Between left and centre.
    LeftOfCentre,
    /// Between right and centre.
    RightOfCentre,
    /// Surround on the left: beside, behind, above or below the listener.
    LeftSurround,
    /// Surround on the right: beside, behind, above or below the listener.
    RightSurround,
    /// Surround on the middle line: behind, above or below the listener.
    CentreSurround,
    /// Left of a finished stereo down-mix.
    DownmixLeft,
    /// Right of a finished stereo down-mix.
    DownmixRight,
    /// Sound from everywhere: the zeroth ambisonic component.
    Omni,
    /// Not to be heard by itself: higher ambisonic components, channels marked as unused.
    Silent,
}

/// Everything that must stay the same for a run of frames to be resampled together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SoundShape {
    /// Samples a second.
    pub rate_hz: u32,
    /// One for each channel, in the order they are stored in.
    pub speakers: Vec<Speaker>,
    /// FFmpeg's number of the sample format.
    pub(crate) format: i32,
}

impl SoundShape {
    /// Reads the shape of a frame of sound.
    #[must_use]
    pub fn of(frame: &Frame) -> Self {
        // SAFETY: a frame's pointer is valid for as long as the frame.
        let raw = unsafe { &*frame.as_ptr() };
        SoundShape { rate_hz: frame.sample_rate(), speakers: speakers(&raw.ch_layout), format: raw.format }
    }
}

fn speakers(layout: &ffi::AVChannelLayout) -> Vec<Speaker> {
    let count = layout.nb_channels.max(0).unsigned_abs();
    match layout.order {
        ffi::AVChannelOrder::AV_CHANNEL_ORDER_NATIVE => {
            // SAFETY: the native order keeps a mask in the union.
            let mask = unsafe { layout.u.mask };
            (0..64).filter(|bit| mask & (1 << bit) != 0).map(speaker).collect()
        }
        ffi::AVChannelOrder::AV_CHANNEL_ORDER_CUSTOM => (0..count as usize)
            .map(|index| {
                // SAFETY: the custom order keeps a table of `nb_channels` entries in the union. The id is read as the
                // plain number it is stored as, because FFmpeg uses numbers that its enumeration has no name for.
                let id = unsafe { (&raw const (*layout.u.map.add(index)).id).cast::<i32>().read() };
                speaker(id)
            })
            .collect(),
        ffi::AVChannelOrder::AV_CHANNEL_ORDER_AMBISONIC => {
            (0..count).map(|index| if index == 0 { Speaker::Omni } else { Speaker::Silent }).collect()
        }
        ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC => vec![Speaker::Unstated; count as usize],
    }
}

/// Names FFmpeg's channel number (libavutil/channel_layout.h, `enum AVChannel`).
fn speaker(channel: i32) -> Speaker {
    match channel {
        0 | 31 => Speaker::Left,
        1 | 32 => Speaker::Right,
        2 => Speaker::Centre,
        3 | 35 => Speaker::LowFrequency,
        6 => Speaker::LeftOfCentre,
        7 => Speaker::RightOfCentre,
        4 | 9 | 12 | 15 | 33 | 36 | 39 => Speaker::LeftSurround,
        5 | 10 | 14 | 17 | 34 | 37 | 40 => Speaker::RightSurround,
        8 | 11 | 13 | 16 | 38 => Speaker::CentreSurround,
        29 => Speaker::DownmixLeft,
        30 => Speaker::DownmixRight,
        1024 => Speaker::Omni,
        512 | 1025..=2047 => Speaker::Silent,
        _ => Speaker::Unstated,
    }
}
