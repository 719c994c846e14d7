//! Surveys a file that is not ours to read byte by byte, through FFmpeg's demuxer: other formats, fragmented movies.

use std::path::Path;

use bookend_jobs::facts::{FilePicture, FileSound, FileWrapper};
use bookend_media::{ColourCodes, Demuxer, Fields, MediaError, Medium, Packet, Track};
use bookend_units::{FrameRate, Raster, Time};

use crate::RecipeError;
use crate::structure::{Coding, DisplayClock, StructureFacts, nominal_rate};

/// Most sentences kept about damaged packets.
const MOST_COMPLAINTS: usize = 20;

/// Returns what the demuxer and every packet say; nothing is decoded.
///
/// # Errors
/// When reading is cancelled.
pub(super) fn survey(file: &Path, demuxer: &Demuxer, tracks: &[Track]) -> Result<StructureFacts, RecipeError> {
    let picture = tracks.iter().find(|track| track.medium == Medium::Picture && !track.cover);
    let sound = tracks.iter().find(|track| track.medium == Medium::Sound);
    let mut facts = StructureFacts { wrapper: wrapper(demuxer, tracks), ..StructureFacts::default() };
    let mut pictures = picture.map(|track| Pictures::new(track, &demuxer.header(track.index)));
    let mut sounds = sound.map(Sounds::new);

    let mut reader = super::open(file)?;
    let kept: Vec<usize> = picture.iter().chain(&sound).map(|track| track.index).collect();
    reader.keep_only(&kept);
    let mut packet = Packet::empty().map_err(reading)?;
    loop {
        match reader.read(&mut packet) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error @ MediaError::Cancelled) => return Err(reading(error)),
            Err(error) => {
                facts.damage.push(format!("reading stopped before the file's end: {error}"));
                break;
            }
        }
        if let Some(pictures) = pictures.as_mut().filter(|pictures| pictures.track == packet.track())
            && let Err(complaint) = pictures.push(&packet)
            && facts.damage.len() < MOST_COMPLAINTS
        {
            facts.damage.push(complaint);
        }
        if let Some(sounds) = sounds.as_mut().filter(|sounds| sounds.track == packet.track()) {
            sounds.push(&packet);
        }
    }
    facts.picture = pictures.map(Pictures::finish);
    facts.sound = sounds.map(Sounds::finish);
    Ok(facts)
}

fn wrapper(demuxer: &Demuxer, tracks: &[Track]) -> FileWrapper {
    let count = |is: &dyn Fn(&Track) -> bool| {
        u32::try_from(tracks.iter().filter(|track| is(track)).count()).unwrap_or(u32::MAX)
    };
    let picture = |track: &Track| track.medium == Medium::Picture && !track.cover;
    let sound = |track: &Track| track.medium == Medium::Sound;
    FileWrapper {
        format: demuxer.format(),
        brand: demuxer.tags().get("major_brand").map(|brand| brand.trim_end().to_owned()).unwrap_or_default(),
        picture_tracks: count(&picture),
        sound_tracks: count(&sound),
        other_tracks: count(&|track| !picture(track) && !sound(track)),
        ..FileWrapper::default()
    }
}

/// Gathers the picture's packets.
struct Pictures {
    track: usize,
    picture: FilePicture,
    coding: Coding,
    clock: Option<DisplayClock>,
}

impl Pictures {
    fn new(track: &Track, header: &[u8]) -> Self {
        let stated = track.average_rate.and_then(|(num, den)| FrameRate::new(num, den));
        // As if every frame lasted what the rate says: the nearest of the known rates.
        let rate = stated.and_then(|rate| nominal_rate(rate.num(), rate.den(), 1, u64::from(rate.den())));
        let mut picture = FilePicture {
            codec: track.codec.clone(),
            profile: track.profile.clone().unwrap_or_default(),
            raster: Some(Raster { width: track.width, height: track.height }),
            sample_aspect: track.sample_aspect,
            pixel_format: track.pixel_format.to_string(),
            progressive: track.fields == Fields::None,
            coded_colour: codes(track.colour),
            wrapper_colour: codes(track.colour),
            full_range: track.colour.full_range == Some(true),
            rate,
            ..FilePicture::default()
        };
        let coding = Coding::start(&track.codec, header, &mut picture);
        let clock = rate.map(|rate| DisplayClock::new(rate, track.time_base, Time::ZERO));
        Pictures { track: track.index, picture, coding, clock }
    }

    fn push(&mut self, packet: &Packet) -> Result<(), String> {
        let at = self.picture.frames;
        self.picture.frames += 1;
        let shown = packet.pts().or(packet.dts()).unwrap_or(0);
        if let Some(clock) = &mut self.clock {
            clock.push(shown);
        }
        let (coding, picture) = (&mut self.coding, &mut self.picture);
        coding.push(packet.data(), shown, packet.is_key(), picture).map_err(|damage| format!("packet {at}: {damage}"))
    }

    fn finish(self) -> FilePicture {
        let mut picture = self.picture;
        let all = picture.frames;
        (picture.frames_off_time, picture.first_off_time) = match self.clock {
            Some(clock) => clock.finish(),
            None => (all, (all > 0).then_some(0)),
        };
        self.coding.finish(&mut picture);
        picture
    }
}

/// H.273 reserves 0 for the matrix of RGB only and 2 for "not said"; three of the latter are no tag.
fn codes(colour: ColourCodes) -> Option<(u8, u8, u8)> {
    let codes = (colour.primaries, colour.transfer, colour.matrix);
    (codes != (2, 2, 2)).then_some(codes)
}

/// Gathers the sound's packets.
struct Sounds {
    track: usize,
    sound: FileSound,
    bytes: u64,
    ticks: u64,
    time_base: (u32, u32),
}

impl Sounds {
    fn new(track: &Track) -> Self {
        let sound = FileSound {
            codec: track.codec.clone(),
            profile: track.profile.clone().unwrap_or_default(),
            channels: track.channels,
            rate_hz: track.sample_rate,
            ..FileSound::default()
        };
        Sounds { track: track.index, sound, bytes: 0, ticks: 0, time_base: track.time_base }
    }

    fn push(&mut self, packet: &Packet) {
        self.bytes = self.bytes.saturating_add(packet.data().len() as u64);
        self.ticks = self.ticks.saturating_add(packet.duration().unsigned_abs());
    }

    fn finish(self) -> FileSound {
        let (num, den) = (u128::from(self.time_base.0), u128::from(self.time_base.1));
        let length = u128::from(self.ticks) * num;
        let whole = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
        FileSound {
            bit_rate_bps: whole((u128::from(self.bytes) * 8 * den).checked_div(length).unwrap_or(0)),
            samples: whole(length * u128::from(self.sound.rate_hz) / den.max(1)),
            ..self.sound
        }
    }
}

fn reading(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "reading the file", source }
}
