//! Where good files are made, by the ffmpeg program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use bookend_config::spec::{OutletSpec, PictureEncoding, SoundEncoding};
use bookend_report::Expected;
use bookend_units::FrameRate;
use tempfile::TempDir;

use super::{Suspect, known, wave};

/// The programme clock: at 25 frames a second eight frames are fifteen packets of AAC exactly.
pub const RATE: FrameRate = FrameRate::of(25, 1);
/// Frames in a good file: two groups of pictures.
pub const FRAMES: u64 = 24;
/// Frames in a group of pictures.
pub const GOP: u64 = 12;
/// First frame of the second item.
pub const CUT: u64 = 8;
/// Frames in a file that is long enough for long stretches.
pub const LONG: u64 = 104;
/// Samples in one packet of AAC; the first packet of a stream is the coder's own.
const AAC_PACKET: u64 = 1024;

/// Makes files for one outlet.
pub struct Studio {
    pub outlet: OutletSpec,
    folder: TempDir,
    made: AtomicU32,
    /// Level of noise that has the outlet's loudness.
    level: f32,
    picture: OnceLock<PathBuf>,
    sound: OnceLock<PathBuf>,
    groups: OnceLock<Vec<PathBuf>>,
}

/// A picture to encode.
#[derive(Clone, Copy)]
pub struct Shot<'a> {
    /// First and end frame of the programme that are taken.
    pub frames: (u64, u64),
    /// First frame that looks different.
    pub cut: u64,
    /// More filters, each with a comma after it.
    pub filters: &'a str,
    /// Pixel format other than the outlet's.
    pub format: Option<&'a str>,
    /// More options of the encoder; later ones win.
    pub options: &'a [&'a str],
    /// More parameters of x264, each with a colon before it; later ones win.
    pub x264: &'a str,
}

impl Default for Shot<'_> {
    fn default() -> Self {
        Shot { frames: (0, FRAMES), cut: CUT, filters: "", format: None, options: &[], x264: "" }
    }
}

impl Studio {
    /// Opens a studio; `None`, and a word about it, on a machine without the ffmpeg program.
    pub fn open(outlet: OutletSpec) -> Option<Self> {
        if let Err(error) = Command::new("ffmpeg").arg("-version").output() {
            eprintln!("skipped: no ffmpeg program ({error})");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let mut studio = Studio {
            outlet,
            folder,
            made: AtomicU32::new(0),
            level: 0.1,
            picture: OnceLock::new(),
            sound: OnceLock::new(),
            groups: OnceLock::new(),
        };
        studio.level *= studio.gain(&studio.samples(FRAMES), &[]);
        Some(studio)
    }

    /// Tells whether the picture is H.264.
    pub fn is_h264(&self) -> bool {
        matches!(self.outlet.picture, PictureEncoding::H264(_))
    }

    /// Returns a path for a new file.
    pub fn path(&self, extension: &str) -> PathBuf {
        self.folder.path().join(format!("{}.{extension}", self.made.fetch_add(1, Ordering::Relaxed)))
    }

    /// Runs the ffmpeg program.
    pub fn ffmpeg<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>, output: &Path) {
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-y"]).args(arguments).arg(output).current_dir(self.folder.path());
        let run = command.output().unwrap();
        assert!(run.status.success(), "{command:?}: {}", String::from_utf8_lossy(&run.stderr));
    }

    /// Returns the factor that gives sound the outlet's loudness once it is coded with more options, by the ffmpeg
    /// program's meter.
    pub fn gain(&self, samples: &[f32], options: &[&str]) -> f32 {
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-i"]).arg(self.sound(samples, options)).args(["-af", "ebur128", "-f", "null", "-"]);
        let told = String::from_utf8_lossy(&command.output().unwrap().stderr).into_owned();
        let (_, summary) = told.rsplit_once("I:").unwrap();
        let found: f32 = summary.split_whitespace().next().unwrap().parse().unwrap();
        10_f32.powf((self.outlet.loudness.integrated_lufs as f32 - found) / 20.0)
    }

    /// The programme's sound before coding: `frames` long in the finished file, as loud as the outlet wants.
    pub fn samples(&self, frames: u64) -> Vec<f32> {
        let whole = RATE.sample_of(frames as i64) as u64;
        let own = if self.outlet.sound.is_lossy() { whole - AAC_PACKET } else { whole };
        wave::noise(own as usize, self.level, 1)
    }

    /// The good picture, encoded once.
    pub fn good_picture(&self) -> &Path {
        self.picture.get_or_init(|| self.picture(&Shot::default()))
    }

    /// The good sound, encoded once.
    pub fn good_sound(&self) -> &Path {
        self.sound.get_or_init(|| self.sound(&self.samples(FRAMES), &[]))
    }

    /// The good picture's groups, each encoded alone, once.
    pub fn groups(&self) -> &[PathBuf] {
        let alone = |from| self.picture(&Shot { frames: (from, from + GOP), ..Shot::default() });
        self.groups.get_or_init(|| (0..FRAMES).step_by(GOP as usize).map(alone).collect())
    }

    /// Encodes a picture.
    pub fn picture(&self, shot: &Shot<'_>) -> PathBuf {
        let raster = self.outlet.picture.raster();
        let (from, to) = shot.frames;
        let format = shot.format.unwrap_or(if self.is_h264() { "yuv420p" } else { "yuv422p10le" });
        let source = format!(
            "testsrc2=size=320x180:rate=25,negate=enable='gte(n,{})',{}trim=start_frame={from}:end_frame={to},\
             setpts=N/25/TB,scale={}:{}:flags=neighbor,setsar=1,format={format}",
            shot.cut, shot.filters, raster.width, raster.height
        );
        // Colour does not pass from one of the program's inputs to its output: it is said there, for frames and for streams.
        let colour = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv";
        let tags = "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv";
        let path = self.path(self.outlet.wrapper.extension());
        let mut arguments: Vec<String> = ["-f", "lavfi", "-i", &source, "-vf", colour].map(str::to_owned).into();
        arguments.extend(tags.split(' ').map(str::to_owned));
        if self.is_h264() {
            // Constant quantiser and nothing that looks ahead: a group encoded alone is the group encoded in company. CAVLC,
            // because x264 ends CABAC slices with a bit that depends on the number of the frame.
            let parameters = format!(
                "keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=2:b-adapt=0:b-pyramid=none:rc-lookahead=0:mbtree=0:\
                 weightp=0:cabac=0:stitchable=1:aud=1:threads=1{}",
                shot.x264
            );
            let options = ["-c:v", "libx264", "-preset", "superfast", "-profile:v", "high", "-qp", "26"];
            arguments.extend(options.map(str::to_owned));
            arguments.extend(["-x264-params", &parameters, "-bsf:v", "filter_units=remove_types=6"].map(str::to_owned));
        } else {
            arguments.extend(["-c:v", "prores_ks", "-profile:v", "3", "-vendor", "apl0"].map(str::to_owned));
        }
        arguments.extend(shot.options.iter().map(|&option| option.to_owned()));
        arguments.extend(self.muxing(true));
        self.ffmpeg(arguments, &path);
        path
    }

    /// Encodes sound, with more options of the encoder; later ones win.
    pub fn sound(&self, samples: &[f32], options: &[&str]) -> PathBuf {
        let wav = self.path("wav");
        wave::write(&wav, samples);
        let mut arguments: Vec<String> = ["-i", wav.to_str().unwrap()].map(str::to_owned).into();
        let path = match self.outlet.sound {
            SoundEncoding::Aac { bit_rate_bps } => {
                // The coder that spends what it is given, on quiet sound too.
                let options = ["-c:a", "aac", "-aac_coder", "fast", "-b:a", &bit_rate_bps.to_string()];
                arguments.extend(options.map(str::to_owned));
                // A format without edit lists: the coder's own first packet counts as sound.
                self.path("aac")
            }
            SoundEncoding::Pcm { bits } => {
                arguments.extend(["-c:a", &format!("pcm_s{bits}le")].map(str::to_owned));
                self.path("wav")
            }
        };
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        self.ffmpeg(arguments, &path);
        path
    }

    /// Wraps a picture and sounds into one file, without touching what is coded.
    pub fn wrap(&self, picture: &Path, sounds: &[&Path]) -> PathBuf {
        let mut arguments: Vec<String> = ["-i", picture.to_str().unwrap()].map(str::to_owned).into();
        for sound in sounds {
            arguments.extend(["-i", sound.to_str().unwrap()].map(str::to_owned));
        }
        arguments.extend(["-map", "0:v"].map(str::to_owned));
        for at in 1..=sounds.len() {
            arguments.extend(["-map", &format!("{at}:a")].map(str::to_owned));
        }
        arguments.extend(["-c", "copy"].map(str::to_owned));
        if self.outlet.sound.is_lossy() {
            arguments.extend(["-bsf:a", "aac_adtstoasc"].map(str::to_owned));
        }
        arguments.extend(self.muxing(true));
        let path = self.path(self.outlet.wrapper.extension());
        self.ffmpeg(arguments, &path);
        path
    }

    /// Wraps a finished file anew, with more options.
    pub fn rewrap(&self, file: &Path, header_first: bool, options: &[&str]) -> PathBuf {
        let mut arguments: Vec<String> =
            ["-i", file.to_str().unwrap(), "-map", "0", "-c", "copy"].map(str::to_owned).into();
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        arguments.extend(self.muxing(header_first));
        let path = self.path(self.outlet.wrapper.extension());
        self.ffmpeg(arguments, &path);
        path
    }

    /// How the muxer is told to write neither edit list nor timecode.
    pub fn muxing(&self, header_first: bool) -> Vec<String> {
        let flags = match (self.is_h264(), header_first) {
            (true, true) => "+faststart+negative_cts_offsets",
            (true, false) => "+negative_cts_offsets",
            (false, _) => "+write_colr",
        };
        let options = ["-movflags", flags, "-use_editlist", "0", "-video_track_timescale", "12800", "-write_tmcd", "0"];
        options.map(str::to_owned).into()
    }

    /// Makes a file that is all that the outlet asks for, and finds out what is known of its making.
    pub fn good(&self) -> Suspect {
        let path = self.wrap(self.good_picture(), &[self.good_sound()]);
        let mut suspect = self.trusted(path, FRAMES);
        suspect.known.chunks = known::chunks(self);
        suspect
    }

    /// Takes a file for what was planned and proved: its own frames at the cut, its own sound as the mix.
    pub fn trusted(&self, path: PathBuf, frames: u64) -> Suspect {
        let known = known::of(self, &path);
        Suspect { path, known, expected: Expected { cuts: vec![CUT], ..Expected::programme(RATE, frames) } }
    }
}
