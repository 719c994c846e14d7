//! The faults, by clause.

use std::path::PathBuf;

use bookend_config::spec::SoundEncoding;
use bookend_report::Outcome;

use super::movie::Movie;
use super::studio::{CUT, FRAMES, GOP, LONG, RATE, Shot, Studio};
use super::{Suspect, wave};

/// The sample tables of the picture track, which comes first in files made here.
const TABLES: &str = "moov/trak/mdia/minf/stbl";

/// Plants the fault of a clause: the verdict it must come to, and the file. `None`: nobody has thought of one.
pub fn plant(clause: &str, studio: &Studio, good: &Suspect) -> Option<(Outcome, Suspect)> {
    let fault = Fault { studio, good };
    let fail = |path: PathBuf| Some((Outcome::Fail, Suspect { path, ..good.clone() }));
    let warn = |suspect: Suspect| Some((Outcome::Warn, suspect));
    match clause {
        "wrapper" => fail(fault.edited(|movie| movie.patch("ftyp", 0, fault.other_brand()))),
        "moov-first" => fail(studio.rewrap(&good.path, false, &[])),
        "no-edit-list" => fail(fault.edited(insert_edit_list)),
        "tracks" => fail(fault.second_sound()),
        "picture-codec" => fail(fault.other_codec()),
        "raster" => fail(fault.edited(|movie| movie.patch(&fault.entry("pasp"), 0, &[0, 0, 0, 4, 0, 0, 0, 3]))),
        "progressive" => fail(fault.interlaced()),
        "sample-format" => fail(fault.other_sample_format()),
        "bt709-tags" => fail(fault.edited(|movie| movie.patch(&fault.entry("colr"), 4, &[0, 9]))),
        "b-frame-run" => fail(fault.shot(&Shot { x264: ":bframes=3", ..Shot::default() })),
        "closed-gop" => fail(fault.shot(&Shot { x264: ":keyint=24:min-keyint=24", ..Shot::default() })),
        "idr-ids" => fail(fault.groups_apart()),
        "frame-rate" => fail(fault.edited(|movie| {
            let ticks = movie.field("moov/trak/mdia/mdhd", 12);
            movie.patch("moov/trak/mdia/mdhd", 12, &(ticks * 24 / 25).to_be_bytes());
        })),
        "frame-times" => fail(studio.rewrap(&good.path, true, &["-bsf:v", &fault.one_late()])),
        "frame-count" => fail(fault.shot(&Shot { frames: (0, GOP), ..Shot::default() })),
        "sound-codec" => fail(fault.sound(&studio.samples(FRAMES), &fault.other_sound_codec())),
        "sound-format" => fail(fault.other_sample_rate()),
        "sound-bit-rate" => Some(fault.other_bit_rate()),
        "sample-count" => fail(fault.other_length()),
        "loudness" => fail(fault.louder(-2.0)),
        "true-peak" => fail(fault.clicking()),
        "black" => warn(fault.long(&format!("drawbox=color=black:t=fill:enable='between(n,20,{})',", 20 + 60), 0)),
        "freeze" => warn(fault.long("loop=loop=80:size=1:start=12,", 0)),
        "silence" => warn(fault.long("", 160_000)),
        "av-sync" => fail(fault.late_sound()),
        "seams" => fail(fault.shot(&Shot { cut: CUT + 1, ..Shot::default() })),
        "packets" => fail(fault.other_packets()),
        "decodes" => fail(fault.garbled()),
        _ => None,
    }
}

fn insert_edit_list(movie: &mut Movie) {
    let duration = movie.field("moov/mvhd", 16);
    let mut list = vec![0, 0, 0, 28];
    list.extend_from_slice(b"elst\0\0\0\0\0\0\0\x01");
    list.extend_from_slice(&duration.to_be_bytes());
    list.extend_from_slice(&[0, 0, 0, 0, 0, 1, 0, 0]);
    movie.insert_after("moov/trak/tkhd", "edts", &list);
}

struct Fault<'a> {
    studio: &'a Studio,
    good: &'a Suspect,
}

impl Fault<'_> {
    /// The good file after a byte edit.
    fn edited(&self, edit: impl FnOnce(&mut Movie)) -> PathBuf {
        let mut movie = Movie(std::fs::read(&self.good.path).unwrap());
        edit(&mut movie);
        let path = self.studio.path(self.studio.outlet.wrapper.extension());
        std::fs::write(&path, movie.0).unwrap();
        path
    }

    /// The good sound with another picture.
    fn shot(&self, shot: &Shot<'_>) -> PathBuf {
        self.studio.wrap(&self.studio.picture(shot), &[self.studio.good_sound()])
    }

    /// The good picture with another sound.
    fn sound(&self, samples: &[f32], options: &[&str]) -> PathBuf {
        self.studio.wrap(self.studio.good_picture(), &[&self.studio.sound(samples, options)])
    }

    /// A box of the picture's sample description.
    fn entry(&self, kind: &str) -> String {
        format!("{TABLES}/stsd/{}/{kind}", if self.studio.is_h264() { "avc1" } else { "apch" })
    }

    fn other_brand(&self) -> &'static [u8; 4] {
        if self.studio.is_h264() { b"qt  " } else { b"isom" }
    }

    fn second_sound(&self) -> PathBuf {
        let sound = self.studio.good_sound();
        self.studio.wrap(self.studio.good_picture(), &[sound, sound])
    }

    fn other_codec(&self) -> PathBuf {
        if self.studio.is_h264() {
            return self.shot(&Shot { options: &["-profile:v", "main"], ..Shot::default() });
        }
        self.edited(|movie| movie.rename(&format!("{TABLES}/stsd/apch"), "apcn"))
    }

    fn interlaced(&self) -> PathBuf {
        self.shot(&Shot { x264: ":interlaced=1", options: &["-flags", "+ildct"], ..Shot::default() })
    }

    fn other_sample_format(&self) -> PathBuf {
        if self.studio.is_h264() {
            // Monochrome, which High allows.
            // Monochrome pictures have no matrix; theirs is tagged all the same, so that this is not the fault.
            let options = ["-bsf:v", "filter_units=remove_types=6,h264_metadata=matrix_coefficients=1"];
            let path = self.shot(&Shot { format: Some("gray"), options: &options, ..Shot::default() });
            let mut movie = Movie(std::fs::read(&path).unwrap());
            movie.insert_after(&self.entry("avcC"), "colr", b"nclx\0\x01\0\x01\0\x01\0");
            std::fs::write(&path, movie.0).unwrap();
            return path;
        }
        // 4:4:4 frames under the name of 4:2:2.
        let options = ["-profile:v", "4"];
        let path = self.shot(&Shot { format: Some("yuv444p10le"), options: &options, ..Shot::default() });
        let mut movie = Movie(std::fs::read(&path).unwrap());
        movie.rename(&format!("{TABLES}/stsd/ap4h"), "apch");
        std::fs::write(&path, movie.0).unwrap();
        path
    }

    /// Groups encoded apart and joined: each starts with the same `idr_pic_id`.
    fn groups_apart(&self) -> PathBuf {
        let studio = self.studio;
        let list: String = studio.groups().iter().map(|path| format!("file '{}'\n", path.display())).collect();
        let text = studio.path("txt");
        std::fs::write(&text, list).unwrap();
        let joined = studio.path("mp4");
        let mut arguments: Vec<String> =
            ["-f", "concat", "-safe", "0", "-i", text.to_str().unwrap(), "-c", "copy"].map(str::to_owned).into();
        // Joining puts parameter sets into the packets; the good file has them in its header.
        arguments.extend(["-bsf:v", "filter_units=remove_types=6-8"].map(str::to_owned));
        arguments.extend(studio.muxing(true));
        studio.ffmpeg(arguments, &joined);
        studio.wrap(&joined, &[studio.good_sound()])
    }

    /// One frame a tick late.
    fn one_late(&self) -> String {
        if self.studio.is_h264() { "setts=pts=PTS+eq(N\\,17)".into() } else { "setts=ts=TS+eq(N\\,17)".into() }
    }

    fn other_sound_codec(&self) -> [&'static str; 2] {
        if self.studio.outlet.sound.is_lossy() { ["-profile:a", "aac_main"] } else { ["-c:a", "pcm_s16le"] }
    }

    fn other_sample_rate(&self) -> PathBuf {
        let samples = self.studio.samples(FRAMES);
        // The coder's own first packet lasts longer at the lower rate: as much of the programme goes, so that nothing lags.
        let SoundEncoding::Aac { bit_rate_bps } = self.studio.outlet.sound else {
            return self.sound(&samples, &["-ar", "44100"]);
        };
        let lost = 1024 * 48_000 / 44_100 - 1024;
        // The coder spends what it is given on each packet, however long that lasts.
        let rate = (bit_rate_bps * 48_000 / 44_100).to_string();
        self.sound(&samples[2 * lost..], &["-ar", "44100", "-b:a", &rate])
    }

    /// A half more, or where the coder can spend no more, a half less, which only warns.
    fn other_bit_rate(&self) -> (Outcome, Suspect) {
        let SoundEncoding::Aac { bit_rate_bps } = self.studio.outlet.sound else { panic!("PCM has the rate it has") };
        let (outcome, rate) = match bit_rate_bps {
            256_000.. => (Outcome::Warn, bit_rate_bps / 2),
            _ => (Outcome::Fail, bit_rate_bps * 3 / 2),
        };
        let rate = rate.to_string();
        let mut samples = self.studio.samples(FRAMES);
        let gain = self.studio.gain(&samples, &["-b:a", &rate]);
        samples.iter_mut().for_each(|sample| *sample *= gain);
        (outcome, Suspect { path: self.sound(&samples, &["-b:a", &rate]), ..self.good.clone() })
    }

    /// A packet more, or a sample less.
    fn other_length(&self) -> PathBuf {
        let mut samples = self.studio.samples(FRAMES);
        if self.studio.outlet.sound.is_lossy() {
            samples.extend_from_within(..2 * 1024);
        } else {
            samples.truncate(samples.len() - 2);
        }
        self.sound(&samples, &[])
    }

    fn louder(&self, db: f32) -> PathBuf {
        let factor = 10_f32.powf(db / 20.0);
        let samples: Vec<f32> = self.studio.samples(FRAMES).iter().map(|sample| sample * factor).collect();
        self.sound(&samples, &[])
    }

    /// A click over the ceiling, too short to be loud.
    fn clicking(&self) -> PathBuf {
        let mut samples = self.studio.samples(FRAMES);
        for sample in &mut samples[2 * 30_000..2 * 30_000 + 4] {
            *sample = 0.99;
        }
        self.sound(&samples, &[])
    }

    /// A long file that is as it was planned and proved, but that nobody explains: with filters on the picture, and with
    /// so many samples of silence at the end.
    fn long(&self, filters: &str, silent: usize) -> Suspect {
        let studio = self.studio;
        let picture = studio.picture(&Shot { frames: (0, LONG), filters, ..Shot::default() });
        let mut samples = studio.samples(LONG);
        let from = samples.len() - 2 * silent;
        // Not quite digital silence, on which coders spend fewer bits than are wanted.
        samples[from..].copy_from_slice(&wave::noise(silent, 0.0007, 2));
        let gain = studio.gain(&samples, &[]);
        samples[..from].iter_mut().for_each(|sample| *sample *= gain);
        studio.trusted(studio.wrap(&picture, &[&studio.sound(&samples, &[])]), LONG)
    }

    /// Five milliseconds late, and no longer.
    fn late_sound(&self) -> PathBuf {
        let samples = self.studio.samples(FRAMES);
        let late = RATE.sample_of(1) as usize / 8;
        let mut shifted = vec![0.0; 2 * late];
        shifted.extend_from_slice(&samples[..samples.len() - 2 * late]);
        self.sound(&shifted, &[])
    }

    /// Frames far from the cut made anew, as good to look at.
    fn other_packets(&self) -> PathBuf {
        if self.studio.is_h264() {
            return self.shot(&Shot { x264: &format!(":zones={GOP},{},q=30", FRAMES - 1), ..Shot::default() });
        }
        // The name of the encoder in a frame's header.
        self.edited(|movie| {
            let frame = movie.samples()[17].clone();
            assert_eq!(&movie.0[frame.start + 12..frame.start + 16], b"apl0");
            movie.0[frame.start + 12..frame.start + 16].copy_from_slice(b"none");
        })
    }

    /// Bytes in the middle of a picture changed.
    fn garbled(&self) -> PathBuf {
        self.edited(|movie| {
            let frame = movie.samples()[15].clone();
            let third = frame.len() / 3;
            for byte in &mut movie.0[frame.start + third..frame.end - third] {
                *byte ^= 0xa5;
            }
        })
    }
}
