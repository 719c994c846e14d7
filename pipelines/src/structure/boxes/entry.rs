//! Sample descriptions: what a track's samples are, as `stsd` says.

use super::atom::Atom;
use super::sound_config::{self, SoundConfig};
use crate::structure::Damage;

/// The first sample description of a track.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleEntry {
    /// The coding's four-character code, for example `avc1`.
    pub tag: [u8; 4],
    /// Descriptions in `stsd`; more than one means that the coding changes on the way.
    pub descriptions: u32,
    /// What a picture track's description adds.
    pub picture: Option<PictureEntry>,
    /// What a sound track's description adds.
    pub sound: Option<SoundEntry>,
}

/// A picture track's sample description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PictureEntry {
    /// Width in samples.
    pub width: u16,
    /// Height in samples.
    pub height: u16,
    /// `colr`: H.273 primaries, transfer and matrix.
    pub colour: Option<(u8, u8, u8)>,
    /// `colr` of type `nclx` says full range.
    pub full_range: bool,
    /// `pasp`: horizontal and vertical spacing.
    pub sample_aspect: Option<(u32, u32)>,
    /// `fiel`: fields a frame, 1 is progressive.
    pub fields: Option<u8>,
    /// `avcC`: the decoder's configuration with the parameter sets.
    pub avc: Option<Vec<u8>>,
}

/// A sound track's sample description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoundEntry {
    /// Channels.
    pub channels: u32,
    /// Bits a sample, where the coding has such.
    pub bits: u32,
    /// Samples a second.
    pub rate_hz: u32,
    /// Samples are little-endian, for codings that leave it open.
    pub little_endian: bool,
    /// MPEG-4's description of the coding.
    pub config: Option<SoundConfig>,
}

impl SampleEntry {
    /// Reads `stsd` of a track whose handler is `handler`.
    pub(super) fn read(stsd: Atom<'_>, handler: [u8; 4]) -> Result<Self, Damage> {
        let version = stsd.u32(0)? >> 24;
        let descriptions = stsd.u32(4)?;
        let Some(first) = stsd.children(8).next().transpose()? else {
            return Err(Damage::new("a track without a sample description", stsd.at));
        };
        let mut entry = SampleEntry { tag: first.kind, descriptions, picture: None, sound: None };
        match &handler {
            b"vide" => entry.picture = Some(PictureEntry::read(first)?),
            b"soun" => entry.sound = Some(SoundEntry::read(first, version)?),
            _ => {}
        }
        Ok(entry)
    }
}

impl PictureEntry {
    fn read(entry: Atom<'_>) -> Result<Self, Damage> {
        let mut picture = PictureEntry { width: entry.u16(24)?, height: entry.u16(26)?, ..PictureEntry::default() };
        for atom in entry.children(78) {
            let atom = atom?;
            match &atom.kind {
                b"colr" => picture.take_colour(atom)?,
                b"pasp" => picture.sample_aspect = Some((atom.u32(0)?, atom.u32(4)?)),
                b"fiel" => picture.fields = Some(atom.array::<1>(0)?[0]),
                b"avcC" => picture.avc = Some(atom.payload.to_vec()),
                _ => {}
            }
        }
        Ok(picture)
    }

    fn take_colour(&mut self, colr: Atom<'_>) -> Result<(), Damage> {
        let kind = colr.array::<4>(0)?;
        if &kind == b"nclc" || &kind == b"nclx" {
            // H.273 codes are 8 bits; a larger number is no code at all and reads as 0, which is reserved.
            let code = |offset| colr.u16(offset).map(|code| u8::try_from(code).unwrap_or(0));
            self.colour = Some((code(4)?, code(6)?, code(8)?));
        }
        if &kind == b"nclx" {
            self.full_range = colr.array::<1>(10)?[0] & 0x80 != 0;
        }
        Ok(())
    }
}

impl SoundEntry {
    fn read(entry: Atom<'_>, stsd_version: u32) -> Result<Self, Damage> {
        let version = entry.u16(8)?;
        let mut sound = SoundEntry {
            channels: u32::from(entry.u16(16)?),
            bits: u32::from(entry.u16(18)?),
            rate_hz: entry.u32(24)? >> 16,
            ..SoundEntry::default()
        };
        // Version 1 means QuickTime's four extra fields, but only below a version 0 `stsd` (ISO 14496-12, 12.2.3).
        let fields = match version {
            1 if stsd_version == 0 => 28 + 16,
            2 => {
                sound.take_version_2(entry)?;
                28 + 36
            }
            _ => 28,
        };
        for atom in entry.children(fields) {
            let atom = atom?;
            match &atom.kind {
                b"esds" => sound.config = sound_config::read(atom),
                b"wave" => {
                    for inner in atom.children(0) {
                        let inner = inner?;
                        match &inner.kind {
                            b"enda" => sound.little_endian = inner.u16(0)? & 1 == 1,
                            b"esds" => sound.config = sound_config::read(inner),
                            _ => {}
                        }
                    }
                }
                b"pcmC" => {
                    let [flags, bits] = atom.array::<2>(4)?;
                    sound.little_endian = flags & 1 == 1;
                    sound.bits = u32::from(bits);
                }
                _ => {}
            }
        }
        Ok(sound)
    }

    /// QuickTime's version 2 (QTFF, Sound Sample Description V2): 64-bit rate, flags of linear PCM.
    fn take_version_2(&mut self, entry: Atom<'_>) -> Result<(), Damage> {
        let rate = f64::from_be_bytes(entry.array(32)?);
        if !(1.0..=16_777_216.0).contains(&rate) {
            return Err(Damage::new("a sound track of impossible sample rate", entry.at));
        }
        // In range and whole for every real rate, so nothing is lost.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rate_hz = rate.round() as u32;
        self.rate_hz = rate_hz;
        self.channels = entry.u32(40)?;
        self.bits = entry.u32(48)?;
        self.little_endian = entry.u32(52)? & 2 == 0;
        Ok(())
    }
}
