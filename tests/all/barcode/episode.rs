//! An episode of random cuts, and what the formula says it shows.

use std::fmt;

use super::exact::{self, Exact};
use super::piece::{Piece, Sound};
use super::random::Random;

/// The house: 29.97.
const HOUSE: Exact = Exact(30_000, 1001);
/// Lengths in programme frames that are asked for again and again: 1, 2, GOP, GOP + 1.
const TELLING: [u64; 4] = [1, 2, 15, 16];

/// The programme.
pub struct Episode<'a> {
    pub rate: Exact,
    pub items: Vec<Placed<'a>>,
    /// Programme frames in all.
    pub frames: i128,
}

/// An item and its place.
pub struct Placed<'a> {
    pub piece: &'a Piece,
    /// First programme frame, and how many.
    pub first: i128,
    pub frames: i128,
    pub start: Exact,
    pub end: Exact,
    /// As the rundown says it.
    cut: Vec<(&'static str, String)>,
    times: Vec<Exact>,
}

impl<'a> Episode<'a> {
    /// Cuts `items` items out of `pieces`, each piece as often as any other.
    pub fn random(pieces: &'a [Piece], items: usize, random: &mut Random) -> Self {
        let mut order: Vec<&Piece> = pieces.iter().cycle().take(items).collect();
        random.shuffle(&mut order);
        let mut first = 0;
        let items = order.into_iter().enumerate().map(|(number, piece)| {
            let wanted = match number % 8 {
                place @ 0..4 => TELLING[place],
                4 => 3 + random.below(12),
                _ => 17 + random.below(50),
            };
            let mut placed = Placed::cut(piece, wanted as i128, random);
            placed.first = first;
            first += placed.frames;
            placed
        });
        let items: Vec<_> = items.collect();
        Episode { rate: HOUSE, items, frames: first }
    }

    /// The rundown's text.
    pub fn rundown(&self) -> String {
        let mut text = "id = \"barcodes\"\n[house]\nraster = \"320x180\"\nrate = \"29.97\"\n[[segment]]\n".to_owned();
        for item in &self.items {
            text += &format!("[[segment.item]]\nsource = \"{}\"\n", item.piece.path.display());
            for (field, point) in &item.cut {
                text += &format!("{field} = \"{point}\"\n");
            }
        }
        text
    }

    /// The programme is a test of what it is said to be a test of.
    pub fn assert_is_telling(&self) {
        for frames in TELLING {
            let found = self.items.iter().filter(|item| item.frames == i128::from(frames)).count();
            assert!(found >= 5, "{found} items of {frames} frames");
        }
        for silent in [Sound::None, Sound::Silence] {
            let same =
                |item: &&Placed<'_>| std::mem::discriminant(&item.piece.sound) == std::mem::discriminant(&silent);
            assert!(self.items.iter().any(|item| same(&item)));
        }
        for form in ["f", "s"] {
            let found = self.items.iter().flat_map(|item| &item.cut).filter(|(_, point)| point.ends_with(form)).count();
            assert!(found > self.items.len() / 4, "{found} points in the form of {form}");
        }
    }

    /// Which piece and frame programme frame `n` shows.
    pub fn shown(&self, n: i128) -> Option<(&Placed<'a>, u32)> {
        let item = self.items.get(self.items.partition_point(|item| item.first + item.frames <= n))?;
        let shown = &item.times[..item.times.len() - 1];
        let frame = exact::chosen(shown, item.start, item.end, self.rate, n - item.first);
        Some((item, u32::try_from(frame).expect("a frame's number is small")))
    }
}

impl<'a> Placed<'a> {
    /// Cuts about `wanted` programme frames out of a piece; the last cut of a piece may go to its end.
    fn cut(piece: &'a Piece, wanted: i128, random: &mut Random) -> Self {
        let times = piece.times();
        let frames = times.len() - 1;
        // How long the last frame of a variable piece lasts is its container's to say, not the test's.
        let last = if piece.is_variable() { frames - 1 } else { frames };
        let length = Exact::whole(wanted).over(HOUSE);
        let latest = times[last] - length;
        let mut cut = Vec::new();
        let (start, end) = match random.below(16) {
            // To the end of the picture, without saying so.
            0 if !piece.is_variable() => {
                let at = frames.saturating_sub(
                    (length * Exact::whole(frames as i128)).over(times[frames]).round_half_up().max(1) as usize,
                );
                cut.push(("in", format!("{at}f")));
                (times[at], times[frames])
            }
            // From the start, without saying so.
            1 => {
                let end = nanoseconds(length.min(times[last]));
                cut.push(("out", seconds(end)));
                (Exact::whole(0), end)
            }
            // Frames.
            2..=8 => {
                let most = times.partition_point(|time| *time <= latest).max(1);
                let at = random.below(most as u64) as usize;
                let to = times.partition_point(|time| *time - times[at] < length).clamp(at + 1, last);
                cut.push(("in", format!("{at}f")));
                cut.push(("out", format!("{to}f")));
                (times[at], times[to])
            }
            // Exact seconds, with three decimals or nine.
            place => {
                let digits = if place % 2 == 0 { 1000 } else { 1_000_000_000 };
                let most = (latest * Exact::whole(digits)).round_half_up() - 1;
                let start = Exact::new(i128::from(random.below(most.max(1) as u64)), digits);
                cut.push(("in", seconds(start)));
                if place < 12 {
                    let end = nanoseconds(start + length);
                    cut.push(("out", seconds(end)));
                    (start, end)
                } else {
                    cut.push(("duration", format!("{wanted}f")));
                    (start, start + length)
                }
            }
        };
        let frames = exact::length(start, end, HOUSE);
        Placed { piece, first: 0, frames, start, end, cut, times }
    }
}

impl fmt::Display for Placed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.piece.path.file_name().unwrap_or_default().to_string_lossy();
        write!(f, "({name}, {:?}, {} frames from programme frame {})", self.cut, self.frames, self.first)
    }
}

/// Rounded to what the rundown can say.
fn nanoseconds(time: Exact) -> Exact {
    Exact::new((time * Exact::whole(1_000_000_000)).round_half_up(), 1_000_000_000)
}

fn seconds(time: Exact) -> String {
    let nanoseconds = (time * Exact::whole(1_000_000_000)).round_half_up();
    format!("{}.{:09}s", nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000)
}
