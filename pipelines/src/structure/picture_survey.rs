//! A picture track's facts, gathered packet by packet.

use bookend_jobs::facts::FilePicture;
use bookend_units::Raster;

use super::Damage;
use super::boxes::{PictureEntry, Sample, Track};
use super::clock::{DisplayClock, nominal_rate};
use super::h264::{AccessUnit, Gops, ParameterSets};
use super::prores::ProResFrame;

/// Gathers what a picture track's packets and tables say.
#[derive(Debug)]
pub(super) struct PictureSurvey {
    picture: FilePicture,
    coding: Coding,
    clock: Option<DisplayClock>,
    /// The edit list shows several stretches: no frame is where a plain list puts it.
    patched: bool,
    frames: u64,
}

/// What is gathered for the track's coding.
#[derive(Debug)]
enum Coding {
    H264 { sets: Result<ParameterSets, Damage>, gops: Gops },
    ProRes,
    Other,
}

impl PictureSurvey {
    /// Starts for `track` of a movie whose clock is `movie_timescale`.
    pub fn new(track: &Track, movie_timescale: u32) -> Self {
        let entry = track.entry.picture.clone().unwrap_or_default();
        let (codec, profile) = coding_name(track.entry.tag);
        let usual = track.tables.usual_duration().map_or(0, |(ticks, _)| ticks);
        let rate = nominal_rate(track.timescale, usual, u64::from(track.tables.count), track.tables.ticks());
        let shift = track.edit_shift(movie_timescale);
        let coding = match codec.as_str() {
            "h264" => Coding::H264 {
                sets: ParameterSets::from_extradata(entry.avc.as_deref().unwrap_or_default()),
                gops: Gops::default(),
            },
            "prores" => Coding::ProRes,
            _ => Coding::Other,
        };
        let picture = FilePicture {
            codec,
            profile: profile.to_owned(),
            raster: Some(Raster { width: u32::from(entry.width), height: u32::from(entry.height) }),
            sample_aspect: square_unless_said(&entry, None),
            progressive: entry.fields.is_none_or(|fields| fields == 1),
            wrapper_colour: entry.colour,
            rate,
            ..FilePicture::default()
        };
        let clock = rate.zip(shift).map(|(rate, shift)| DisplayClock::new(rate, 1, track.timescale, shift));
        let mut survey = PictureSurvey { picture, coding, clock, patched: shift.is_none(), frames: 0 };
        survey.take_parameter_sets(&entry);
        survey
    }

    /// Returns the parameter sets in force, for H.264.
    pub fn parameter_sets(&self) -> Option<&ParameterSets> {
        match &self.coding {
            Coding::H264 { sets: Ok(sets), .. } => Some(sets),
            _ => None,
        }
    }

    /// Returns what is wrong with the decoder's configuration.
    pub fn setup_damage(&self) -> Option<String> {
        match &self.coding {
            Coding::H264 { sets: Err(damage), .. } => Some(format!("decoder configuration: {damage}")),
            _ => None,
        }
    }

    fn take_parameter_sets(&mut self, entry: &PictureEntry) {
        let Some(stream) = self.parameter_sets().and_then(ParameterSets::picture) else { return };
        self.picture.profile = stream.profile;
        self.picture.raster = stream.raster.or(self.picture.raster);
        self.picture.pixel_format = stream.pixel_format;
        self.picture.coded_colour = stream.colour;
        self.picture.full_range = stream.full_range;
        self.picture.sample_aspect = square_unless_said(entry, stream.sample_aspect);
        self.picture.progressive &= stream.frames_only;
    }

    /// Takes a packet whose bytes are not there: it counts and has a time, no more.
    pub fn push_missing(&mut self, sample: &Sample) {
        self.frames += 1;
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
        match &mut self.coding {
            Coding::H264 { sets: Ok(sets), gops } => {
                let unit = AccessUnit::read(packet, sets)?;
                gops.push(&unit, sample.shown, sample.sync);
            }
            Coding::ProRes => self.take_prores(ProResFrame::read(packet)?),
            Coding::H264 { .. } | Coding::Other => {}
        }
        Ok(())
    }

    fn take_prores(&mut self, frame: ProResFrame) {
        let first = self.frames == 1;
        if first || self.picture.coded_colour == Some((1, 1, 1)) {
            self.picture.coded_colour = Some(frame.colour);
        }
        if first {
            let family = if frame.full_chroma { "yuv444p" } else { "yuv422p" };
            self.picture.raster = Some(frame.raster);
            // FFmpeg decodes 422 to 10 and 4444 to 12 bits.
            self.picture.pixel_format = format!("{family}{}le", if frame.full_chroma { 12 } else { 10 });
        }
        self.picture.progressive &= frame.interlace_mode == 0;
    }

    /// Returns what was found, after the last packet.
    pub fn finish(self) -> FilePicture {
        let PictureSurvey { mut picture, coding, clock, patched, frames } = self;
        picture.frames = frames;
        (picture.frames_off_time, picture.first_off_time) = match clock {
            Some(clock) => clock.finish(),
            None if patched || frames > 0 => (frames, (frames > 0).then_some(0)),
            None => (0, None),
        };
        match coding {
            Coding::H264 { gops, .. } => {
                let gops = gops.finish();
                picture.longest_gop = gops.longest_gop;
                picture.open_gops = gops.open_gops;
                picture.longest_b_run = gops.longest_b_run;
                picture.idr_id_repeats = gops.idr_id_repeats;
                picture.progressive &= !gops.fields;
            }
            Coding::ProRes => picture.longest_gop = u32::from(frames > 0),
            Coding::Other => {}
        }
        picture
    }
}

/// Returns the first aspect that is not square among the wrapper's and the stream's, else 1:1.
fn square_unless_said(entry: &PictureEntry, stream: Option<(u32, u32)>) -> (u32, u32) {
    [entry.sample_aspect, stream].into_iter().flatten().find(|(x, y)| x != y && *x > 0 && *y > 0).unwrap_or((1, 1))
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
