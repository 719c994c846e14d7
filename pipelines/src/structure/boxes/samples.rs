//! The sample tables of a track: where every sample lies and when it is shown.

use super::atom::Atom;
use crate::structure::Damage;

/// Most samples of a track that are looked at one by one: three days at 60 frames a second.
pub const MOST_SAMPLES: u64 = 1 << 24;
/// Most table rows kept of a track, all tables together (at most 16 bytes each).
const MOST_ROWS: u64 = 1 << 24;

/// One sample of a track, in decoding order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its place in decoding order, from 0.
    pub index: u64,
    /// Where it lies in the file.
    pub offset: u64,
    /// Its size in bytes.
    pub bytes: u32,
    /// Decoding time in track ticks, from 0.
    pub decoded: i64,
    /// How long it lasts, in track ticks.
    pub duration: u32,
    /// Presentation time in track ticks, before edit lists.
    pub shown: i64,
    /// The track calls it a sync sample.
    pub sync: bool,
}

/// The sample tables of a track, as the file keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleTables {
    /// `stts`: runs of (samples, ticks each).
    pub durations: Vec<(u32, u32)>,
    /// `ctts`: runs of (samples, ticks from decoding to presentation).
    pub offsets: Vec<(u32, i32)>,
    /// `stsz` with one size for all samples; 0 when `sizes` holds them.
    pub constant_size: u32,
    /// `stsz`, `stz2`: size of each sample.
    pub sizes: Vec<u32>,
    /// Number of samples by `stsz`.
    pub count: u32,
    /// `stsc`: (first chunk from 1, samples a chunk).
    pub chunk_runs: Vec<(u32, u32)>,
    /// `stco`, `co64`: where each chunk starts.
    pub chunks: Vec<u64>,
    /// `stss`: sync samples from 1; absent when all are.
    pub syncs: Option<Vec<u32>>,
}

impl SampleTables {
    /// Reads the tables inside `stbl`.
    pub(super) fn read(stbl: Atom<'_>) -> Result<Self, Damage> {
        let mut tables = SampleTables::default();
        let mut rows = 0_u64;
        for atom in stbl.children(0) {
            let atom = atom?;
            rows += tables.take(atom)?;
            if rows > MOST_ROWS {
                return Err(Damage::new("the sample tables are too long", atom.at));
            }
        }
        Ok(tables)
    }

    fn take(&mut self, atom: Atom<'_>) -> Result<u64, Damage> {
        let pair = |row: [u8; 8]| {
            let [a, b, c, d, rest @ ..] = row;
            (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes(rest))
        };
        let count = match &atom.kind {
            b"stts" | b"ctts" | b"stsc" | b"stco" | b"co64" | b"stss" => atom.u32(4)?,
            b"stsz" | b"stz2" => return self.take_sizes(atom),
            _ => return Ok(0),
        };
        if u64::from(count) > MOST_ROWS {
            return Err(Damage::new("a sample table is too long", atom.at));
        }
        match &atom.kind {
            b"stts" => self.durations = atom.rows(8, count)?.map(pair).collect(),
            // Version 0 is written with negative offsets too, by QuickTime among others: both read as signed.
            b"ctts" => {
                self.offsets = atom.rows(8, count)?.map(pair).map(|(n, ticks)| (n, ticks.cast_signed())).collect()
            }
            b"stsc" => {
                let row = |row: [u8; 12]| {
                    let [a, b, c, d, e, f, g, h, ..] = row;
                    (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
                };
                self.chunk_runs = atom.rows(8, count)?.map(row).collect();
            }
            b"stco" => self.chunks = atom.rows(8, count)?.map(|row| u64::from(u32::from_be_bytes(row))).collect(),
            b"co64" => self.chunks = atom.rows(8, count)?.map(u64::from_be_bytes).collect(),
            _ => self.syncs = Some(atom.rows(8, count)?.map(u32::from_be_bytes).collect()),
        }
        Ok(u64::from(count))
    }

    fn take_sizes(&mut self, atom: Atom<'_>) -> Result<u64, Damage> {
        self.count = atom.u32(8)?;
        let bits = if &atom.kind == b"stsz" {
            self.constant_size = atom.u32(4)?;
            32
        } else {
            atom.u32(4)? & 0xff
        };
        if self.constant_size != 0 {
            return Ok(0);
        }
        if u64::from(self.count) > MOST_ROWS {
            return Err(Damage::new("a sample table is too long", atom.at));
        }
        self.sizes = match bits {
            32 => atom.rows(12, self.count)?.map(u32::from_be_bytes).collect(),
            16 => atom.rows(12, self.count)?.map(|row| u32::from(u16::from_be_bytes(row))).collect(),
            8 => atom.rows(12, self.count)?.map(|[byte]| u32::from(byte)).collect(),
            4 => {
                let pairs = atom.rows(12, self.count.div_ceil(2))?;
                let mut sizes: Vec<u32> =
                    pairs.flat_map(|[byte]| [u32::from(byte >> 4), u32::from(byte & 15)]).collect();
                sizes.truncate(self.count as usize);
                sizes
            }
            _ => return Err(Damage::new("a sample size table of unknown width", atom.at)),
        };
        Ok(u64::from(self.count))
    }

    /// Returns the sum of all durations in track ticks: how long the track is by its time table.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.durations.iter().map(|(count, ticks)| u64::from(*count) * u64::from(*ticks)).fold(0, u64::saturating_add)
    }

    /// Returns the sum of all sample sizes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match self.constant_size {
            0 => self.sizes.iter().map(|size| u64::from(*size)).sum(),
            size => u64::from(size) * u64::from(self.count),
        }
    }

    /// Returns the duration that most samples have, and how many have it; absent without samples.
    #[must_use]
    pub fn usual_duration(&self) -> Option<(u32, u64)> {
        let mut totals = std::collections::BTreeMap::<u32, u64>::new();
        for (count, ticks) in &self.durations {
            *totals.entry(*ticks).or_default() += u64::from(*count);
        }
        totals.into_iter().max_by_key(|(_, count)| *count)
    }

    /// Iterates over the samples in decoding order, at most [`MOST_SAMPLES`].
    ///
    /// Ends early where the chunk tables place no further sample; a time table that ends early goes on with its last
    /// duration.
    #[must_use]
    pub fn samples(&self) -> Samples<'_> {
        Samples {
            tables: self,
            index: 0,
            decoded: 0,
            place: Place::default(),
            duration: Cursor::default(),
            offset: Cursor::default(),
            sync: 0,
        }
    }
}

/// A place in a run-length table.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    row: usize,
    used: u32,
}

impl Cursor {
    /// Takes the next value of `table`; `None` when it has ended.
    fn next<T: Copy>(&mut self, table: &[(u32, T)]) -> Option<T> {
        while let Some((count, value)) = table.get(self.row) {
            if self.used < *count {
                self.used += 1;
                return Some(*value);
            }
            *self = Cursor { row: self.row + 1, used: 0 };
        }
        None
    }
}

/// A place in the chunk tables.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    chunk: usize,
    run: usize,
    in_chunk: u32,
    offset: u64,
}

/// Iterates over a track's samples in decoding order.
#[derive(Clone, Debug)]
pub struct Samples<'a> {
    tables: &'a SampleTables,
    index: u64,
    decoded: i64,
    place: Place,
    duration: Cursor,
    offset: Cursor,
    sync: usize,
}

impl Samples<'_> {
    /// Finds the offset of the next sample; `None` when the chunks hold no more.
    fn locate(&mut self) -> Option<u64> {
        loop {
            let start = *self.tables.chunks.get(self.place.chunk)?;
            while let Some((first, _)) = self.tables.chunk_runs.get(self.place.run + 1) {
                if u64::from(*first) > self.place.chunk as u64 + 1 {
                    break;
                }
                self.place.run += 1;
            }
            let (_, per_chunk) = self.tables.chunk_runs.get(self.place.run)?;
            if self.place.in_chunk < *per_chunk {
                if self.place.in_chunk == 0 {
                    self.place.offset = start;
                }
                return Some(self.place.offset);
            }
            self.place = Place { chunk: self.place.chunk + 1, in_chunk: 0, ..self.place };
        }
    }

    fn is_sync(&mut self, number: u64) -> bool {
        let Some(syncs) = &self.tables.syncs else { return true };
        while syncs.get(self.sync).is_some_and(|sync| u64::from(*sync) < number) {
            self.sync += 1;
        }
        syncs.get(self.sync).is_some_and(|sync| u64::from(*sync) == number)
    }
}

impl Iterator for Samples<'_> {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        let index = self.index;
        if index >= u64::from(self.tables.count).min(MOST_SAMPLES) {
            return None;
        }
        let bytes = match self.tables.constant_size {
            0 => *self.tables.sizes.get(usize::try_from(index).ok()?)?,
            size => size,
        };
        let offset = self.locate()?;
        self.place.in_chunk += 1;
        self.place.offset = offset.saturating_add(u64::from(bytes));
        let last = self.tables.durations.last().map_or(0, |(_, ticks)| *ticks);
        let duration = self.duration.next(&self.tables.durations).unwrap_or(last);
        let composition = self.offset.next(&self.tables.offsets).unwrap_or(0);
        let decoded = self.decoded;
        self.decoded = decoded.saturating_add(i64::from(duration));
        self.index = index + 1;
        let sync = self.is_sync(index + 1);
        Some(Sample {
            index,
            offset,
            bytes,
            decoded,
            duration,
            shown: decoded.saturating_add(i64::from(composition)),
            sync,
        })
    }
}
