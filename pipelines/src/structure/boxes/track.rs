//! One track: its kind, clock, edits, description and sample tables.

use bookend_units::Time;

use super::atom::Atom;
use super::entry::SampleEntry;
use super::samples::SampleTables;
use crate::structure::Damage;

/// Most edits of one track.
const MOST_EDITS: u32 = 65_536;

/// One entry of an edit list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// How long it lasts, in movie ticks.
    pub duration: u64,
    /// Where in the track it starts, in track ticks; −1 shows nothing.
    pub media_time: i64,
}

/// A track of a movie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    /// Its id.
    pub id: u32,
    /// `vide`, `soun`, `tmcd` …
    pub handler: [u8; 4],
    /// Ticks a second of the track's clock, at least 1.
    pub timescale: u32,
    /// The edit list; absent when there is none.
    pub edits: Option<Vec<Edit>>,
    /// What its samples are.
    pub entry: SampleEntry,
    /// Where its samples are.
    pub tables: SampleTables,
}

impl Track {
    /// Reads `trak`.
    pub(super) fn read(trak: Atom<'_>) -> Result<Self, Damage> {
        let mut track = Track::default();
        for atom in trak.children(0) {
            let atom = atom?;
            match &atom.kind {
                b"tkhd" => track.id = atom.u32(if atom.u32(0)? >> 24 == 1 { 20 } else { 12 })?,
                b"edts" => track.edits = atom.child(b"elst")?.map(read_edits).transpose()?,
                b"mdia" => track.take_media(atom)?,
                _ => {}
            }
        }
        if track.timescale == 0 {
            return Err(Damage::new("a track without a clock", trak.at));
        }
        Ok(track)
    }

    fn take_media(&mut self, mdia: Atom<'_>) -> Result<(), Damage> {
        if let Some(mdhd) = mdia.child(b"mdhd")? {
            self.timescale = mdhd.u32(if mdhd.u32(0)? >> 24 == 1 { 20 } else { 12 })?;
        }
        if let Some(hdlr) = mdia.child(b"hdlr")? {
            self.handler = hdlr.array(8)?;
        }
        let Some(minf) = mdia.child(b"minf")? else { return Ok(()) };
        let Some(stbl) = minf.child(b"stbl")? else { return Ok(()) };
        if let Some(stsd) = stbl.child(b"stsd")? {
            self.entry = SampleEntry::read(stsd, self.handler)?;
        }
        self.tables = SampleTables::read(stbl)?;
        Ok(())
    }

    /// Returns how much later a track time is shown because of the edit list, whose movie clock is `movie_timescale`.
    ///
    /// Counts a leading pause and the start of the first edit that shows something; `None` when several edits show
    /// something, so that no one number says it.
    #[must_use]
    pub fn edit_shift(&self, movie_timescale: u32) -> Option<Time> {
        let mut shift = Time::ZERO;
        let mut shown = false;
        for edit in self.edits.iter().flatten() {
            if edit.media_time < 0 {
                if !shown {
                    shift = shift + Time::new(i128::from(edit.duration), i128::from(movie_timescale.max(1)));
                }
            } else if shown {
                return None;
            } else {
                shift = shift - Time::new(i128::from(edit.media_time), i128::from(self.timescale.max(1)));
                shown = true;
            }
        }
        Some(shift)
    }
}

fn read_edits(elst: Atom<'_>) -> Result<Vec<Edit>, Damage> {
    let version = elst.u32(0)? >> 24;
    let count = elst.u32(4)?;
    if count > MOST_EDITS {
        return Err(Damage::new("an edit list is too long", elst.at));
    }
    if version == 1 {
        let edit = |row: [u8; 20]| {
            let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = row;
            Edit {
                duration: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
                media_time: i64::from_be_bytes([i, j, k, l, m, n, o, p]),
            }
        };
        Ok(elst.rows(8, count)?.map(edit).collect())
    } else {
        let edit = |row: [u8; 12]| {
            let [a, b, c, d, e, f, g, h, ..] = row;
            Edit {
                duration: u64::from(u32::from_be_bytes([a, b, c, d])),
                media_time: i64::from(i32::from_be_bytes([e, f, g, h])),
            }
        };
        Ok(elst.rows(8, count)?.map(edit).collect())
    }
}
