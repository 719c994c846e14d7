//! Compares the file's picture packets with those that were proved when they were made.

use crate::structure::{SurveyedPacket, canonical_digest};
use bookend_jobs::KnownChunk;

/// Compares chunk by chunk, in decoding order: chunks are closed, so theirs follow one another.
///
/// A digest covers a whole chunk, so a chunk with one foreign packet counts with all of its packets.
pub(super) struct Compare<'a> {
    known: bool,
    rest: std::slice::Iter<'a, KnownChunk>,
    now: Option<&'a KnownChunk>,
    hasher: blake3::Hasher,
    taken: u32,
    differing: u32,
}

impl<'a> Compare<'a> {
    pub fn new(chunks: &'a [KnownChunk]) -> Self {
        let mut rest = chunks.iter();
        let now = rest.next();
        Compare { known: now.is_some(), rest, now, hasher: blake3::Hasher::new(), taken: 0, differing: 0 }
    }

    pub fn push(&mut self, packet: &SurveyedPacket<'_>) {
        let Some(chunk) = self.now else {
            // Past the last chunk: nobody proved this one.
            self.differing = self.differing.saturating_add(1);
            return;
        };
        // A packet that cannot be read has no digest, and so no chunk has it.
        let digest = canonical_digest(packet.bytes, packet.parameter_sets).unwrap_or_default();
        self.hasher.update(digest.as_bytes());
        self.taken += 1;
        if self.taken >= chunk.frames {
            self.close(chunk);
        }
    }

    fn close(&mut self, chunk: &KnownChunk) {
        if self.taken < chunk.frames || self.hasher.finalize().to_hex().as_str() != chunk.packets {
            self.differing = self.differing.saturating_add(chunk.frames);
        }
        self.hasher.reset();
        self.taken = 0;
        self.now = self.rest.next();
    }

    /// Returns how many packets are not the proved ones; `None` when nothing was known of any.
    pub fn finish(mut self) -> Option<u32> {
        // Chunks that the file ended before are missing whole.
        while let Some(chunk) = self.now {
            self.close(chunk);
        }
        self.known.then_some(self.differing)
    }
}
