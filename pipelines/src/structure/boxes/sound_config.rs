//! MPEG-4's description of a sound coding: `esds` and the AudioSpecificConfig inside it (ISO 14496-1 7.2.6, 14496-3 1.6.2).

use super::atom::Atom;
use crate::structure::bits::BitReader;

/// Samples a second by `samplingFrequencyIndex` (ISO 14496-3 table 1.18).
const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// What `esds` says of a sound track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoundConfig {
    /// `objectTypeIndication`: 0x40 is MPEG-4 audio.
    pub object_type: u8,
    /// `audioObjectType`: 2 is AAC-LC, 5 SBR, 29 PS.
    pub audio_object_type: u32,
    /// Samples a second; 0 when not stated.
    pub rate_hz: u32,
    /// `channelConfiguration`: 2 is stereo; 0 when stated elsewhere.
    pub channel_configuration: u32,
}

/// Reads `esds`; `None` when it cannot be understood.
pub(super) fn read(esds: Atom<'_>) -> Option<SoundConfig> {
    let (tag, body) = descriptor(esds.payload.get(4..)?)?;
    let body = match tag {
        // ES_Descriptor: id, flags, then what the flags announce.
        3 => {
            let flags = *body.get(2)?;
            let mut at = 3;
            if flags & 0x80 != 0 {
                at += 2;
            }
            if flags & 0x40 != 0 {
                at += 1 + usize::from(*body.get(at)?);
            }
            if flags & 0x20 != 0 {
                at += 2;
            }
            let (tag, body) = descriptor(body.get(at..)?)?;
            (tag == 4).then_some(body)?
        }
        4 => body,
        _ => return None,
    };
    let mut config = SoundConfig { object_type: *body.first()?, ..SoundConfig::default() };
    if let Some((5, specific)) = body.get(13..).and_then(descriptor) {
        // A config that ends early leaves what it did not say at 0.
        let _ = config.take_specific(specific);
    }
    Some(config)
}

/// Reads one descriptor: its tag and its body.
fn descriptor(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (&tag, mut rest) = bytes.split_first()?;
    let mut size = 0_usize;
    for _ in 0..4 {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        size = size << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((tag, rest.get(..size.min(rest.len()))?))
}

impl SoundConfig {
    fn take_specific(&mut self, bytes: &[u8]) -> Result<(), crate::structure::Damage> {
        let mut bits = BitReader::new(bytes);
        self.audio_object_type = match bits.take(5)? {
            31 => 32 + bits.take(6)?,
            kind => kind,
        };
        self.rate_hz = match bits.take(4)? {
            15 => bits.take(24)?,
            index => RATES.get(index as usize).copied().unwrap_or(0),
        };
        self.channel_configuration = bits.take(4)?;
        Ok(())
    }
}
