//! A whole file: the order of its boxes, and the movie header with its tracks.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::atom::{Atom, Atoms, Header, Size};
use super::track::Track;
use crate::RecipeError;
use crate::structure::Damage;

/// Most boxes looked at in a file's top level.
const MOST_TOP_LEVEL: usize = 100_000;
/// Largest movie header read into memory: a day of picture and interleaved sound fits many times.
const LARGEST_MOVIE_HEADER: u64 = 256 << 20;
/// Most tracks of a movie.
const MOST_TRACKS: usize = 256;

/// A box in a file's top level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopLevel {
    /// Its type.
    pub kind: [u8; 4],
    /// Where its header starts.
    pub offset: u64,
    /// Size by its header, which may reach past the end of the file.
    pub bytes: u64,
}

/// What the boxes of a file say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Movie {
    /// Size of the file.
    pub file_bytes: u64,
    /// Major brand, trimmed; empty without `ftyp`, as in old QuickTime files.
    pub brand: String,
    /// The file's boxes in order.
    pub top_level: Vec<TopLevel>,
    /// The movie has fragments: its tables do not say everything.
    pub fragmented: bool,
    /// The last box reaches past the end of the file.
    pub truncated: bool,
    /// Ticks a second of the movie's clock.
    pub timescale: u32,
    /// Its tracks, in order.
    pub tracks: Vec<Track>,
}

impl Movie {
    /// Reads the file at `path`; `None` when it is not ISO base media or QuickTime.
    ///
    /// # Errors
    /// When the file cannot be read, or its boxes are damaged or without a movie header (refused, `damaged-wrapper`).
    pub fn read(path: &Path) -> Result<Option<Self>, RecipeError> {
        let unread = |source| RecipeError::File { path: path.to_owned(), doing: "read", source };
        let file = File::open(path).map_err(unread)?;
        let mut movie = Movie { file_bytes: file.metadata().map_err(unread)?.len(), ..Movie::default() };
        if !movie.take_top_level(&file).map_err(unread)? {
            return Ok(None);
        }
        movie.take_contents(&file).map_err(|error| match error {
            Unread::Io(source) => unread(source),
            Unread::Damage(damage) => RecipeError::refused("damaged-wrapper", format!("{}: {damage}", path.display())),
        })?;
        Ok(Some(movie))
    }

    /// Tells whether the movie header precedes the media data.
    #[must_use]
    pub fn moov_first(&self) -> bool {
        let place = |kind: &[u8; 4]| self.top_level.iter().position(|atom| &atom.kind == kind);
        match (place(b"moov"), place(b"mdat")) {
            (Some(moov), Some(mdat)) => moov < mdat,
            (moov, _) => moov.is_some(),
        }
    }

    /// Returns the tracks of handler `handler`.
    pub fn tracks_of(&self, handler: [u8; 4]) -> impl Iterator<Item = &Track> {
        self.tracks.iter().filter(move |track| track.handler == handler)
    }

    /// Walks the top level; false when the first box is none that such a file starts with.
    fn take_top_level(&mut self, file: &File) -> std::io::Result<bool> {
        let mut offset = 0;
        while offset + 8 <= self.file_bytes && self.top_level.len() < MOST_TOP_LEVEL {
            let mut head = [0; 16];
            let have = if offset + 16 <= self.file_bytes { 16 } else { 8 };
            file.read_exact_at(&mut head[..have], offset)?;
            let [short @ .., _, _, _, _, _, _, _, _] = head;
            let [_, _, _, _, _, _, _, _, long @ ..] = head;
            let header = Header::of(short);
            if self.top_level.is_empty() && !starts_a_movie(header.kind) {
                return Ok(false);
            }
            let bytes = match header.size {
                Size::Short(size) => u64::from(size),
                Size::Long => u64::from_be_bytes(long),
                Size::ToTheEnd => self.file_bytes - offset,
            };
            if bytes < 8 {
                break;
            }
            self.top_level.push(TopLevel { kind: header.kind, offset, bytes });
            let Some(next) = offset.checked_add(bytes) else { break };
            offset = next;
        }
        self.truncated = offset > self.file_bytes;
        Ok(!self.top_level.is_empty())
    }

    fn take_contents(&mut self, file: &File) -> Result<(), Unread> {
        if let Some(ftyp) = self.top_level.iter().find(|atom| &atom.kind == b"ftyp") {
            let mut brand = [0; 4];
            if ftyp.bytes >= 12 && file.read_exact_at(&mut brand, ftyp.offset + 8).is_ok() {
                self.brand = brand.iter().map(|byte| char::from(*byte)).collect::<String>().trim_end().to_owned();
            }
        }
        self.fragmented = self.top_level.iter().any(|atom| &atom.kind == b"moof");
        let Some(moov) = self.top_level.iter().find(|atom| &atom.kind == b"moov").copied() else {
            return Err(Damage::new("the movie header is missing", self.file_bytes).into());
        };
        if moov.bytes > LARGEST_MOVIE_HEADER {
            return Err(Damage::new("the movie header is too large", moov.offset).into());
        }
        if moov.offset + moov.bytes > self.file_bytes {
            return Err(Damage::new("the movie header is cut off", moov.offset).into());
        }
        let mut bytes = vec![0; usize::try_from(moov.bytes).unwrap_or(0)];
        file.read_exact_at(&mut bytes, moov.offset).map_err(Unread::Io)?;
        self.take_movie(&bytes, moov.offset)?;
        Ok(())
    }

    fn take_movie(&mut self, bytes: &[u8], at: u64) -> Result<(), Damage> {
        let Some(moov) = Atoms::new(bytes, at).next().transpose()? else {
            return Err(Damage::new("the movie header is cut off", at));
        };
        for atom in moov.children(0) {
            let atom: Atom<'_> = atom?;
            match &atom.kind {
                b"mvhd" => self.timescale = atom.u32(if atom.u32(0)? >> 24 == 1 { 20 } else { 12 })?,
                b"mvex" => self.fragmented = true,
                b"cmov" => return Err(Damage::new("a compressed movie header is not supported", atom.at)),
                b"trak" if self.tracks.len() >= MOST_TRACKS => return Err(Damage::new("too many tracks", atom.at)),
                b"trak" => self.tracks.push(Track::read(atom)?),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Types that the first box of an ISO base media or QuickTime file has.
fn starts_a_movie(kind: [u8; 4]) -> bool {
    matches!(&kind, b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot" | b"styp")
}

/// Why the boxes could not be read.
enum Unread {
    Io(std::io::Error),
    Damage(Damage),
}

impl From<Damage> for Unread {
    fn from(damage: Damage) -> Self {
        Unread::Damage(damage)
    }
}
