//! One box of an ISO base media or QuickTime file, and the boxes in a run of bytes.

use crate::structure::Damage;

/// Most boxes looked at in one container.
const MOST_BOXES: u32 = 100_000;

/// A box: its type, its payload, and where the payload starts in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Atom<'a> {
    /// The four-character type.
    pub kind: [u8; 4],
    /// What follows the header.
    pub payload: &'a [u8],
    /// File offset of the payload.
    pub at: u64,
}

impl<'a> Atom<'a> {
    /// Iterates over the boxes inside this one, after `skip` bytes of its own fields.
    pub fn children(self, skip: usize) -> Atoms<'a> {
        let skip = skip.min(self.payload.len());
        Atoms { bytes: &self.payload[skip..], at: self.at + skip as u64, seen: 0 }
    }

    /// Returns the first child of type `kind`, if there is one.
    pub fn child(self, kind: &[u8; 4]) -> Result<Option<Atom<'a>>, Damage> {
        for atom in self.children(0) {
            let atom = atom?;
            if &atom.kind == kind {
                return Ok(Some(atom));
            }
        }
        Ok(None)
    }

    /// Reads a big-endian 16-bit field at `offset` in the payload.
    pub fn u16(self, offset: usize) -> Result<u16, Damage> {
        Ok(u16::from_be_bytes(self.array(offset)?))
    }

    /// Reads a big-endian 32-bit field at `offset` in the payload.
    pub fn u32(self, offset: usize) -> Result<u32, Damage> {
        Ok(u32::from_be_bytes(self.array(offset)?))
    }

    /// Reads `N` bytes at `offset` in the payload.
    pub fn array<const N: usize>(self, offset: usize) -> Result<[u8; N], Damage> {
        offset
            .checked_add(N)
            .and_then(|end| self.payload.get(offset..end))
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Damage::new("a box is too short for its fields", self.at))
    }

    /// Iterates over `count` table rows of `N` bytes from `offset`; the rows must lie inside the payload.
    pub fn rows<const N: usize>(self, offset: usize, count: u32) -> Result<impl Iterator<Item = [u8; N]> + 'a, Damage> {
        let wrong = Damage::new("a table is longer than its box", self.at);
        let length = usize::try_from(count).ok().and_then(|count| count.checked_mul(N)).ok_or(wrong)?;
        let end = offset.checked_add(length).ok_or(wrong)?;
        let bytes = self.payload.get(offset..end).ok_or(wrong)?;
        Ok(bytes.as_chunks::<N>().0.iter().copied())
    }
}

/// The boxes in a run of bytes.
#[derive(Debug)]
pub(super) struct Atoms<'a> {
    bytes: &'a [u8],
    at: u64,
    seen: u32,
}

impl<'a> Atoms<'a> {
    /// Iterates over the boxes in `bytes`, which start at file offset `at`.
    pub fn new(bytes: &'a [u8], at: u64) -> Self {
        Atoms { bytes, at, seen: 0 }
    }

    fn stop(&mut self, what: &'static str) -> Option<Result<Atom<'a>, Damage>> {
        self.bytes = &[];
        Some(Err(Damage::new(what, self.at)))
    }
}

impl<'a> Iterator for Atoms<'a> {
    type Item = Result<Atom<'a>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        // QuickTime ends some containers with four zero bytes; fewer than a header's bytes are no box.
        let (head, _) = self.bytes.split_first_chunk::<8>()?;
        if self.seen >= MOST_BOXES {
            return self.stop("a container holds too many boxes");
        }
        self.seen += 1;
        let (size, header) = match Header::of(*head) {
            Header { size: Size::Short(size), .. } => (u64::from(size), 8_usize),
            Header { size: Size::ToTheEnd, .. } => (self.bytes.len() as u64, 8),
            Header { size: Size::Long, .. } => match self.bytes.get(8..16).and_then(|long| long.try_into().ok()) {
                Some(long) => (u64::from_be_bytes(long), 16),
                None => return self.stop("a box is cut off in its header"),
            },
        };
        let end = match usize::try_from(size) {
            Ok(end) if end >= header && end <= self.bytes.len() => end,
            _ => return self.stop("a box does not fit into what holds it"),
        };
        let kind = Header::of(*head).kind;
        let atom = Atom { kind, payload: &self.bytes[header..end], at: self.at + header as u64 };
        self.bytes = &self.bytes[end..];
        self.at += size;
        Some(Ok(atom))
    }
}

/// How a box header states its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// The box has this many bytes, header included.
    Short(u32),
    /// A 64-bit size follows.
    Long,
    /// The box reaches to the end of what holds it.
    ToTheEnd,
}

/// The first eight bytes of a box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// Its size.
    pub size: Size,
    /// Its type.
    pub kind: [u8; 4],
}

impl Header {
    /// Reads the first eight bytes of a box.
    pub fn of(bytes: [u8; 8]) -> Self {
        let [s0, s1, s2, s3, kind @ ..] = bytes;
        let size = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 => Size::ToTheEnd,
            1 => Size::Long,
            size => Size::Short(size),
        };
        Header { size, kind }
    }
}
