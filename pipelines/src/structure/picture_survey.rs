//! A picture track's facts, gathered packet by packet from its tables and bytes.

use bookend_jobs::facts::FilePicture;
use bookend_units::Raster;

use super::Damage;
use super::boxes::{Sample, Track};
use super::clock::{DisplayClock, nominal_rate};
use super::coding::Coding;
use super::h264::ParameterSets;

/// Gathers what a picture track's packets and tables say.
#[derive(Debug)]
pub(super) struct PictureSurvey {
    picture: FilePicture,
    coding: Coding,
    /// Absent when no clock fits: no rate, or an edit list that shows several stretches.
    clock: Option<DisplayClock>,
}

impl PictureSurvey {
    /// Starts for `track` of a movie whose clock is `movie_timescale`.
    pub fn new(track: &Track, movie_timescale: u32) -> Self {
        let entry = track.entry.picture.clone().unwrap_or_default();
        let (codec, profile) = coding_name(track.entry.tag);
        let usual = track.tables.usual_duration().map_or(0, |(ticks, _)| ticks);
        let rate = nominal_rate(track.timescale, usual, u64::from(track.tables.count), track.tables.ticks());
        let shift = track.edit_shift(movie_timescale);
        let mut picture = FilePicture {
            profile: profile.to_owned(),
            raster: Some(Raster { width: u32::from(entry.width), height: u32::from(entry.height) }),
            sample_aspect: entry.sample_aspect.filter(|(wide, high)| *wide > 0 && *high > 0).unwrap_or((1, 1)),
            progressive: entry.fields.is_none_or(|fields| fields == 1),
            wrapper_colour: entry.colour,
            rate,
            ..FilePicture::default()
        };
        let coding = Coding::start(&codec, entry.avc.as_deref().unwrap_or_default(), &mut picture);
        picture.codec = codec;
        let clock = rate.zip(shift).map(|(rate, shift)| DisplayClock::new(rate, (1, track.timescale), shift));
        PictureSurvey { picture, coding, clock }
    }

    /// Returns the parameter sets in force, for H.264.
    pub fn parameter_sets(&self) -> Option<&ParameterSets> {
        self.coding.parameter_sets()
    }

    /// Returns what is wrong with the decoder's configuration.
    pub fn header_damage(&self) -> Option<String> {
        self.coding.header_damage()
    }

    /// Takes a packet whose bytes are not there: it counts and has a time, no more.
    pub fn push_missing(&mut self, sample: &Sample) {
        self.picture.frames += 1;
        if let Some(clock) = &mut self.clock {
            clock.push(sample.shown);
        }
    }

    /// Takes the next packet in decoding order.
    ///
    /// # Errors
    /// When the packet cannot be parsed; it counts and has a time all the same.
    pub fn push(&mut self, sample: &Sample, packet: &[u8]) -> Result<(), Damage> {
        self.push_missing(sample);
        self.coding.push(packet, sample.shown, sample.sync, &mut self.picture)
    }

    /// Returns what was found, after the last packet.
    pub fn finish(self) -> FilePicture {
        let PictureSurvey { mut picture, coding, clock } = self;
        let all = picture.frames;
        (picture.frames_off_time, picture.first_off_time) = match clock {
            Some(clock) => clock.finish(),
            None => (all, (all > 0).then_some(0)),
        };
        coding.finish(&mut picture);
        picture
    }
}

/// FFmpeg's names of codec and profile for a sample description's code; the code itself when it is none of ours.
fn coding_name(tag: [u8; 4]) -> (String, &'static str) {
    let (codec, profile) = match &tag {
        b"avc1" | b"avc3" => ("h264", ""),
        b"apch" => ("prores", "HQ"),
        b"apcn" => ("prores", "Standard"),
        b"apcs" => ("prores", "LT"),
        b"apco" => ("prores", "Proxy"),
        b"ap4h" => ("prores", "4444"),
        b"ap4x" => ("prores", "XQ"),
        b"hvc1" | b"hev1" => ("hevc", ""),
        b"av01" => ("av1", ""),
        b"vp09" => ("vp9", ""),
        b"mp4v" => ("mpeg4", ""),
        other => return (other.escape_ascii().to_string(), ""),
    };
    (codec.to_owned(), profile)
}
