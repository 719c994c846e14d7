//! Byte edits of MP4 and QuickTime files.

use std::ops::Range;

/// A file's bytes, edited box by box.
pub struct Movie(pub Vec<u8>);

impl Movie {
    fn size(&self, at: usize) -> usize {
        u32::from_be_bytes(self.0[at..at + 4].try_into().unwrap()) as usize
    }

    /// Returns the place of the first box `kind` among those in `inside`.
    fn child(&self, inside: Range<usize>, kind: &str) -> Option<Range<usize>> {
        let mut at = inside.start;
        while at + 8 <= inside.end {
            // A box up to the end of the file, or with a 64-bit size, is none that is looked for here.
            let size = self.size(at).max(8);
            if &self.0[at + 4..at + 8] == kind.as_bytes() {
                return Some(at..at + size);
            }
            at += size;
        }
        None
    }

    /// Returns the places of a box and of all that hold it, outermost first: `moov/trak/mdia/mdhd`. The first track that
    /// has what follows is meant.
    pub fn path(&self, path: &str) -> Vec<Range<usize>> {
        let names: Vec<&str> = path.split('/').collect();
        self.descend(0..self.0.len(), &names).unwrap_or_else(|| panic!("the file has no {path}"))
    }

    fn descend(&self, inside: Range<usize>, names: &[&str]) -> Option<Vec<Range<usize>>> {
        let [name, rest @ ..] = names else { return Some(Vec::new()) };
        let mut from = inside.start;
        while let Some(found) = self.child(from..inside.end, name) {
            // Fields before the boxes inside: a count in `stsd`, the picture's description in a sample entry.
            let skip = match *name {
                "stsd" => 16,
                "avc1" | "apch" | "ap4h" => 86,
                _ => 8,
            };
            if let Some(mut below) = self.descend(found.start + skip..found.end, rest) {
                below.insert(0, found);
                return Some(below);
            }
            from = found.end;
        }
        None
    }

    /// Overwrites bytes of the box at `path`, `offset` bytes after its header.
    pub fn patch(&mut self, path: &str, offset: usize, bytes: &[u8]) {
        let place = self.path(path).pop().unwrap().start + 8 + offset;
        self.0[place..place + bytes.len()].copy_from_slice(bytes);
    }

    /// Renames the box at `path`.
    pub fn rename(&mut self, path: &str, kind: &str) {
        let place = self.path(path).pop().unwrap().start + 4;
        self.0[place..place + 4].copy_from_slice(kind.as_bytes());
    }

    /// Reads a 32-bit field of the box at `path`, `offset` bytes after its header.
    pub fn field(&self, path: &str, offset: usize) -> u32 {
        let place = self.path(path).pop().unwrap().start + 8 + offset;
        u32::from_be_bytes(self.0[place..place + 4].try_into().unwrap())
    }

    /// Puts a box behind the one at `path`; what holds it grows, and media behind it moves.
    pub fn insert_after(&mut self, path: &str, kind: &str, payload: &[u8]) {
        let mut chain = self.path(path);
        let end = chain.pop().unwrap().end;
        let mut new = u32::try_from(payload.len() + 8).unwrap().to_be_bytes().to_vec();
        new.extend_from_slice(kind.as_bytes());
        new.extend_from_slice(payload);
        let media = self.path("mdat")[0].start;
        for holder in &chain {
            let size = u32::try_from(self.size(holder.start) + new.len()).unwrap();
            self.0[holder.start..holder.start + 4].copy_from_slice(&size.to_be_bytes());
        }
        self.0.splice(end..end, new.iter().copied());
        if media >= end {
            self.move_chunks(u32::try_from(new.len()).unwrap());
        }
    }

    fn move_chunks(&mut self, by: u32) {
        let moov = self.path("moov")[0].clone();
        let mut from = moov.start + 8;
        while let Some(track) = self.child(from..moov.end, "trak") {
            let names = ["mdia", "minf", "stbl", "stco"];
            let stco = self.descend(track.start + 8..track.end, &names).unwrap().pop().unwrap();
            for at in (stco.start + 16..stco.end).step_by(4) {
                let moved = u32::from_be_bytes(self.0[at..at + 4].try_into().unwrap()) + by;
                self.0[at..at + 4].copy_from_slice(&moved.to_be_bytes());
            }
            from = track.end;
        }
    }

    /// Returns the bytes of every sample of the first track, in decoding order.
    pub fn samples(&self) -> Vec<Range<usize>> {
        let stbl = "moov/trak/mdia/minf/stbl";
        let sizes = format!("{stbl}/stsz");
        let (constant, count) = (self.field(&sizes, 4), self.field(&sizes, 8) as usize);
        let size = |index: usize| if constant > 0 { constant } else { self.field(&sizes, 12 + 4 * index) } as usize;
        let runs: Vec<(usize, usize)> = (0..self.field(&format!("{stbl}/stsc"), 4) as usize)
            .map(|run| [0, 4].map(|at| self.field(&format!("{stbl}/stsc"), 8 + 12 * run + at) as usize))
            .map(|[first, samples]| (first, samples))
            .collect();
        let mut samples = Vec::new();
        for chunk in 0..self.field(&format!("{stbl}/stco"), 4) as usize {
            let mut at = self.field(&format!("{stbl}/stco"), 8 + 4 * chunk) as usize;
            let (_, inside) = runs.iter().rev().find(|(first, _)| *first <= chunk + 1).unwrap();
            for _ in 0..*inside {
                let size = size(samples.len());
                samples.push(at..at + size);
                at += size;
            }
        }
        assert_eq!(samples.len(), count);
        samples
    }
}
