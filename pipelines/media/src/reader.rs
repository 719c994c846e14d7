//! Reading one track as frames.

use std::path::Path;

use crate::decode::Received;
use crate::{DecodeOptions, Decoder, Demuxer, Frame, MediaError, OpenOptions, Packet};

/// One track of a file, opened and decoded in display order.
pub struct TrackReader {
    demuxer: Demuxer,
    decoder: Decoder,
    track: usize,
    packet: Packet,
    last_sent: bool,
    drained: bool,
    damage: Damage,
}

/// What is to be done with a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// It is decoded.
    Decode,
    /// It is decoded, and it is the last: the frames so far come out, none is read ahead.
    DecodeLast,
    /// It is not decoded.
    PassOver,
}

/// What was passed over while decoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Damage {
    /// Packets that the decoder could make nothing of.
    pub packets: u64,
    /// Reading stopped before the file's end because of an error.
    pub cut_short: bool,
}

impl TrackReader {
    /// Opens a file and a decoder for one of its tracks.
    ///
    /// # Errors
    /// As [`Demuxer::open`] and [`Decoder::open`].
    pub fn open(path: &Path, track: usize, open: &OpenOptions, decode: &DecodeOptions) -> Result<Self, MediaError> {
        Self::on(Demuxer::open(path, open)?, track, decode)
    }

    /// Decodes one track of a file that is already open.
    ///
    /// # Errors
    /// As [`Decoder::open`].
    pub fn on(mut demuxer: Demuxer, track: usize, decode: &DecodeOptions) -> Result<Self, MediaError> {
        let decoder = Decoder::open(&demuxer, track, decode)?;
        demuxer.keep_only(&[track]);
        Ok(TrackReader {
            demuxer,
            decoder,
            track,
            packet: Packet::empty()?,
            last_sent: false,
            drained: false,
            damage: Damage::default(),
        })
    }

    /// Returns the open file.
    #[must_use]
    pub fn demuxer(&self) -> &Demuxer {
        &self.demuxer
    }

    /// Returns what was passed over so far.
    #[must_use]
    pub fn damage(&self) -> Damage {
        self.damage
    }

    /// Moves to the last place at or before `ticks` where decoding may start.
    ///
    /// # Errors
    /// When the format cannot seek there.
    pub fn seek_before(&mut self, ticks: i64) -> Result<(), MediaError> {
        self.demuxer.seek_before(self.track, ticks)?;
        self.decoder.flush();
        (self.last_sent, self.drained) = (false, false);
        Ok(())
    }

    /// Decodes the next frame into `frame`; `false` after the last. Damaged packets are counted and passed over.
    ///
    /// # Errors
    /// When cancelled, or FFmpeg fails at something other than damaged data.
    pub fn next(&mut self, frame: &mut Frame) -> Result<bool, MediaError> {
        self.next_of(frame, &mut |_| Choice::Decode)
    }

    /// Decodes the next frame as [`TrackReader::next`] does, of those packets that `choose` picks as they are read.
    ///
    /// # Errors
    /// As [`TrackReader::next`].
    pub fn next_of(
        &mut self,
        frame: &mut Frame,
        choose: &mut dyn FnMut(&Packet) -> Choice,
    ) -> Result<bool, MediaError> {
        loop {
            frame.clear();
            match self.decoder.receive(frame) {
                Ok(Received::Frame) => return Ok(true),
                Ok(Received::End) => return Ok(false),
                Ok(Received::Hungry) if self.drained => return Ok(false),
                Ok(Received::Hungry) => self.feed(choose)?,
                Err(MediaError::Cancelled) => return Err(MediaError::Cancelled),
                Err(_) => {
                    self.damage.packets += 1;
                    if self.drained {
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// Reads packets until one of the track was taken by the decoder, or the end.
    fn feed(&mut self, choose: &mut dyn FnMut(&Packet) -> Choice) -> Result<(), MediaError> {
        while !self.last_sent && self.read()? {
            if self.packet.track() != self.track {
                continue;
            }
            match choose(&self.packet) {
                Choice::Decode => {}
                Choice::DecodeLast => self.last_sent = true,
                Choice::PassOver => continue,
            }
            match self.decoder.send(Some(&self.packet)) {
                Ok(()) => return Ok(()),
                Err(MediaError::Cancelled) => return Err(MediaError::Cancelled),
                Err(_) => self.damage.packets += 1,
            }
        }
        self.drained = true;
        // Draining a decoder that saw nothing may fail; there is nothing to lose.
        let _ = self.decoder.send(None);
        Ok(())
    }

    /// Reads the next packet; `false` at the end, or where reading fails.
    fn read(&mut self) -> Result<bool, MediaError> {
        match self.demuxer.read(&mut self.packet) {
            Err(MediaError::Cancelled) => Err(MediaError::Cancelled),
            Err(_) => {
                self.damage.cut_short = true;
                Ok(false)
            }
            more => more,
        }
    }
}
