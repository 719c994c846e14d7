//! Packets: coded data, moved by reference.

use std::ptr::NonNull;
use std::slice;

use ffmpeg_next::ffi;

use crate::MediaError;

/// Coded data of one track.
pub struct Packet(NonNull<ffi::AVPacket>);

// SAFETY: an AVPacket is plain data and counted references with atomic counts.
unsafe impl Send for Packet {}

impl Packet {
    /// Makes an empty packet for FFmpeg to fill.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn empty() -> Result<Self, MediaError> {
        // SAFETY: the call takes nothing; null means no memory.
        let raw = unsafe { ffi::av_packet_alloc() };
        NonNull::new(raw).map(Packet).ok_or(MediaError::out_of_memory("av_packet_alloc"))
    }

    /// Makes a packet holding a copy of `bytes`.
    ///
    /// # Errors
    /// When memory runs out or the bytes exceed 2 GiB.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MediaError> {
        let packet = Packet::empty()?;
        let size = i32::try_from(bytes.len())
            .map_err(|_| MediaError::Call { call: "av_new_packet", cause: "over 2 GiB".into() })?;
        // SAFETY: the packet is valid and empty.
        MediaError::check("av_new_packet", unsafe { ffi::av_new_packet(packet.0.as_ptr(), size) })?;
        // SAFETY: the call above made room for `size` bytes at `data`.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), (*packet.0.as_ptr()).data, bytes.len()) }
        Ok(packet)
    }

    pub(crate) fn as_ptr(&self) -> *const ffi::AVPacket {
        self.0.as_ptr()
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut ffi::AVPacket {
        self.0.as_ptr()
    }

    fn raw(&self) -> &ffi::AVPacket {
        // SAFETY: the pointer is ours and valid for as long as `self`.
        unsafe { self.0.as_ref() }
    }

    fn raw_mut(&mut self) -> &mut ffi::AVPacket {
        // SAFETY: the pointer is ours, valid, and borrowed exclusively.
        unsafe { self.0.as_mut() }
    }

    /// Returns the coded bytes.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        if self.raw().data.is_null() || self.raw().size <= 0 {
            return &[];
        }
        // SAFETY: a packet's data pointer has `size` bytes behind it.
        unsafe { slice::from_raw_parts(self.raw().data, self.raw().size.unsigned_abs() as usize) }
    }

    /// Returns the track's place in its file.
    #[must_use]
    pub fn track(&self) -> usize {
        self.raw().stream_index.unsigned_abs() as usize
    }

    /// Returns the presentation time in ticks.
    #[must_use]
    pub fn pts(&self) -> Option<i64> {
        (self.raw().pts != ffi::AV_NOPTS_VALUE).then_some(self.raw().pts)
    }

    /// Returns the decoding time in ticks.
    #[must_use]
    pub fn dts(&self) -> Option<i64> {
        (self.raw().dts != ffi::AV_NOPTS_VALUE).then_some(self.raw().dts)
    }

    /// Returns the duration in ticks; zero when unknown.
    #[must_use]
    pub fn duration(&self) -> i64 {
        self.raw().duration.max(0)
    }

    /// Sets all times in ticks.
    pub fn set_times(&mut self, pts: i64, dts: i64, duration: i64) {
        let raw = self.raw_mut();
        raw.pts = pts;
        raw.dts = dts;
        raw.duration = duration;
        raw.pos = -1;
    }

    /// Tells whether a decoder may start here.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.raw().flags & ffi::AV_PKT_FLAG_KEY != 0
    }

    /// Marks the packet as one a decoder may start at, or not.
    pub fn set_key(&mut self, key: bool) {
        let flags = self.raw().flags & !ffi::AV_PKT_FLAG_KEY;
        self.raw_mut().flags = if key { flags | ffi::AV_PKT_FLAG_KEY } else { flags };
    }

    /// Tells whether an edit list hides this packet: decoded, never shown.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.raw().flags & ffi::AV_PKT_FLAG_DISCARD != 0
    }

    /// Tells whether the file's own structure shows that bytes of this packet are missing or wrong.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        self.raw().flags & ffi::AV_PKT_FLAG_CORRUPT != 0
    }

    /// Drops what the packet refers to, leaving it empty for reuse.
    pub fn clear(&mut self) {
        // SAFETY: the packet is valid; the call releases its references and resets its fields.
        unsafe { ffi::av_packet_unref(self.0.as_ptr()) }
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        let mut raw = self.0.as_ptr();
        // SAFETY: we own the packet, and nobody uses it after this.
        unsafe { ffi::av_packet_free(&raw mut raw) }
    }
}

impl std::fmt::Debug for Packet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Packet(track {}, {} bytes, pts {:?})", self.track(), self.data().len(), self.pts())
    }
}
