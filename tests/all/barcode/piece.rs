//! The pieces: every rate, container and kind of coding that makes finding frames hard.

use std::path::{Path, PathBuf};

use super::code::Mark;
use super::exact::Exact;
use super::{clicks, ffmpeg};

const WIDTH: usize = 256;
const HEIGHT: usize = 144;

/// A test piece, and the truth about it.
pub struct Piece {
    pub path: PathBuf,
    pub number: u32,
    pub frames: u32,
    pub sound: Sound,
    clock: Clock,
}

/// What is heard.
#[derive(Clone, Copy)]
pub enum Sound {
    None,
    Silence,
    /// Clicks at this sample rate.
    Clicks(u32),
}

/// When frames begin.
#[derive(Clone, Copy)]
enum Clock {
    /// Frame n at n × second / first.
    Rate(i128, i128),
    /// Frame n at this many milliseconds.
    Variable(fn(i128) -> i128, &'static str),
}

/// Frames come at 33 and 40 ms with a leap of 83 every tenth.
const UNEVEN: Clock = Clock::Variable(|n| 33 * n + 7 * (n % 3) + 50 * (n / 10), "33*N+7*mod(N\\,3)+50*floor(N/10)");
/// From 10 to 60 frames a second and back, as a telephone in changing light.
const BREATHING: Clock = Clock::Variable(|n| 16 * n + 84 * (n / 4) + n % 2, "16*N+84*floor(N/4)+mod(N\\,2)");

const NONE: Sound = Sound::None;
const SILENCE: Sound = Sound::Silence;

/// Name, clock, seconds, sound, options. GOPs of 24 and more, B-frames, open groups, hidden frames, field-less and
/// coarse time stamps. Sound in Matroska is of kinds without a delay of their own: its whole milliseconds cannot state one.
#[rustfmt::skip]
const MAKES: &[(&str, Clock, u32, Sound, &str)] = &[
    ("23.976.mkv", Clock::Rate(24_000, 1001), 12, Sound::Clicks(48_000), "-c:v libx264 -preset veryfast -g 48 -bf 3 -c:a pcm_s16le"),
    ("23.976.ts", Clock::Rate(24_000, 1001), 8, Sound::Clicks(48_000), "-c:v libx264 -preset veryfast -g 24 -c:a aac -b:a 192k"),
    ("24.mp4", Clock::Rate(24, 1), 9, Sound::Clicks(44_100), "-c:v libx264 -preset veryfast -g 48 -x264-params open-gop=1:bframes=3 -c:a alac"),
    ("24-hevc.mkv", Clock::Rate(24, 1), 8, Sound::Clicks(48_000), "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=40:bframes=4:open-gop=1 -c:a flac"),
    ("25-mpeg2.ts", Clock::Rate(25, 1), 8, Sound::Clicks(48_000), "-c:v mpeg2video -b:v 3M -g 24 -bf 2 -c:a mp2 -b:a 256k"),
    ("25-silent.mov", Clock::Rate(25, 1), 8, SILENCE, "-c:v libx264 -preset veryfast -g 50 -c:a pcm_s16le"),
    ("29.97.mov", Clock::Rate(30_000, 1001), 10, Sound::Clicks(44_100), "-c:v libx264 -preset veryfast -g 30 -c:a pcm_s24le"),
    ("29.97.ts", Clock::Rate(30_000, 1001), 8, Sound::Clicks(48_000), "-c:v libx264 -preset veryfast -g 60 -c:a ac3 -b:a 384k"),
    ("30.mp4", Clock::Rate(30, 1), 9, Sound::Clicks(44_100), "-c:v libx264 -preset veryfast -g 250 -c:a aac -b:a 192k"),
    ("50.ts", Clock::Rate(50, 1), 6, Sound::Clicks(48_000), "-c:v libx264 -preset veryfast -g 50 -c:a aac -b:a 192k"),
    ("50-vp9.mkv", Clock::Rate(50, 1), 6, Sound::Clicks(48_000), "-c:v libvpx-vp9 -b:v 1M -g 60 -deadline good -cpu-used 5 -lag-in-frames 16 -auto-alt-ref 1 -c:a pcm_f32le"),
    ("59.94.mkv", Clock::Rate(60_000, 1001), 20, Sound::Clicks(48_000), "-c:v libx264 -preset veryfast -g 120 -c:a flac"),
    ("59.94-mute.mp4", Clock::Rate(60_000, 1001), 6, NONE, "-c:v libx264 -preset veryfast -g 60"),
    ("60.mov", Clock::Rate(60, 1), 6, Sound::Clicks(32_000), "-c:v libx264 -preset veryfast -g 60 -c:a pcm_s16le"),
    ("variable.mkv", UNEVEN, 9, Sound::Clicks(96_000), "-c:v libx264 -preset veryfast -g 30 -c:a pcm_s24le"),
    ("variable.mp4", BREATHING, 9, Sound::Clicks(48_000), "-c:v libx264 -preset veryfast -g 40 -video_track_timescale 90000 -c:a aac -b:a 192k"),
];

/// Makes all pieces in `folder`, two at a time.
pub fn make_all(folder: &Path) -> Vec<Piece> {
    let all: Vec<usize> = (0..MAKES.len()).collect();
    let (even, odd) = all.split_at(all.len() / 2);
    let make = |part: &[usize]| part.iter().map(|&place| Piece::make(folder, place)).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| make(even));
        let second = make(odd);
        first.join().expect("the pieces are made").into_iter().chain(second).collect()
    })
}

impl Piece {
    fn make(folder: &Path, place: usize) -> Self {
        let (name, clock, seconds, sound, options) = MAKES[place];
        let path = folder.join(name);
        let number = place as u32;
        let until = Exact::whole(i128::from(seconds));
        let frames = (0..).take_while(|n| clock.time(*n) < until).count() as u32;
        let mut picture = Vec::with_capacity(frames as usize * WIDTH * HEIGHT);
        (0..frames).for_each(|frame| Mark { piece: number, frame }.draw(WIDTH, HEIGHT, &mut picture));
        let pcm = folder.join(format!("{name}.f32"));
        let rate = match sound {
            Sound::Clicks(rate) => rate,
            Sound::None | Sound::Silence => 48_000,
        };
        let heard = match sound {
            Sound::Clicks(rate) => clicks::draw(rate, i128::from(seconds) * 100),
            Sound::None | Sound::Silence => vec![0.0; 2 * 48_000 * seconds as usize],
        };
        let bytes: Vec<u8> = heard.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        std::fs::write(&pcm, bytes).expect("sound can be written");
        let (rate_in, times) = match clock {
            Clock::Rate(num, den) => (format!("{num}/{den}"), String::new()),
            Clock::Variable(_, words) => (
                "25".to_owned(),
                format!("-vf 'settb=1/1000,setpts={words}' -fps_mode passthrough -enc_time_base 1:1000"),
            ),
        };
        let input = format!(
            "-f rawvideo -pix_fmt gray -s {WIDTH}x{HEIGHT} -r {rate_in} -i pipe:0 -f f32le -ar {rate} -ac 2 -i"
        );
        let map = if matches!(sound, Sound::None) { "-map 0:v" } else { "-map 0:v -map 1:a" };
        let all = format!("{input} '{}' {map} -pix_fmt yuv420p {times} {options}", pcm.display());
        ffmpeg::make(&all, &path, &picture);
        Piece { path, number, frames, sound, clock }
    }

    /// When each frame begins, and when the last one ends.
    pub fn times(&self) -> Vec<Exact> {
        (0..=i128::from(self.frames)).map(|n| self.clock.time(n)).collect()
    }

    /// How long its sound is, in hundredths of a second.
    pub fn hundredths(&self) -> i128 {
        i128::from(MAKES[self.number as usize].2) * 100
    }

    /// Whether its frames are on no grid.
    pub fn is_variable(&self) -> bool {
        matches!(self.clock, Clock::Variable(..))
    }
}

impl Clock {
    fn time(self, n: i128) -> Exact {
        match self {
            Clock::Rate(num, den) => Exact::new(n * den, num),
            Clock::Variable(milliseconds, _) => Exact::new(milliseconds(n), 1000),
        }
    }
}
