//! From decoded frames to samples at 48 kHz that know their place.

use std::collections::VecDeque;

use bookend_config::spec::SoundLayout;
use bookend_media::{Frame, MediaError, Resampler, SoundShape};
use bookend_units::{PROGRAMME_SAMPLE_RATE, Time};

use super::clock::{Counter, Flicks, Step, judge};
use super::downmix::Downmix;
use super::keep::Keep;
use super::notes::Notes;
use super::plan::sample_at;
use crate::RecipeError;

/// Frames looked ahead at before sound is believed to be missing: about 0.2 s of AAC.
const LOOKED_AHEAD: usize = 8;
/// Samples resampled at once: however long a frame is, what comes out of it stays small.
const PORTION: usize = 16_384;

/// Places decoded frames by counting, mixes and resamples them, and hands them on.
pub(crate) struct Conform {
    layout: SoundLayout,
    time_base: (u32, u32),
    /// What to add to a stated time to get the source clock's; known from the first frame that states one.
    shift: Option<Flicks>,
    /// What was counted, in the source clock.
    counter: Counter,
    /// Sound that is yet to be dropped because it was heard already.
    surplus: Flicks,
    waiting: VecDeque<Frame>,
    run: Option<Run>,
    /// Where the next sample goes when no run is open.
    next: i64,
    out: Vec<f32>,
}

/// A stretch that is resampled without a break.
struct Run {
    resampler: Resampler,
    /// Place of the next sample that comes out.
    next: i64,
}

impl Conform {
    /// Starts at `start` of the source clock, where the first frame's first sample lies.
    pub(crate) fn new(layout: SoundLayout, time_base: (u32, u32), start: Time) -> Self {
        Conform {
            layout,
            time_base,
            shift: None,
            counter: Counter::new(Flicks::of(start)),
            surplus: Flicks::ZERO,
            waiting: VecDeque::with_capacity(LOOKED_AHEAD + 1),
            run: None,
            next: sample_at(start),
            out: Vec::new(),
        }
    }

    /// Takes the next frame.
    ///
    /// # Errors
    /// When it cannot be resampled or the file cannot be written.
    pub(crate) fn push(&mut self, frame: Frame, keep: &mut Keep, notes: &mut Notes) -> Result<(), RecipeError> {
        self.waiting.push_back(frame);
        if self.waiting.len() > LOOKED_AHEAD {
            self.advance(keep, notes)?;
        }
        Ok(())
    }

    /// Works off what waits.
    ///
    /// # Errors
    /// As [`Conform::push`].
    pub(crate) fn finish(mut self, keep: &mut Keep, notes: &mut Notes) -> Result<(), RecipeError> {
        while !self.waiting.is_empty() {
            self.advance(keep, notes)?;
        }
        self.end_run(keep)
    }

    /// Places the frame that has waited longest.
    fn advance(&mut self, keep: &mut Keep, notes: &mut Notes) -> Result<(), RecipeError> {
        let now = self.counter.now();
        match if self.surplus > Flicks::ZERO { Step::Follow } else { judge(self.strays()) } {
            Step::Follow => {}
            Step::Gap(gap) => {
                notes.gap(now, gap);
                self.end_run(keep)?;
                self.counter.pass(gap);
                self.next = self.counter.now().place();
            }
            Step::Overlap(overlap) => {
                notes.overlap(now, overlap);
                self.surplus = overlap;
            }
            Step::SetAnew => {
                notes.set_anew(now);
                self.shift = None;
            }
        }
        let Some(frame) = self.waiting.pop_front() else { return Ok(()) };
        if self.shift.is_none() {
            self.shift = self.stated(&frame).map(|stated| self.counter.now() - stated);
        }
        let skip = self.surplus.samples(frame.sample_rate()).min(frame.samples());
        if skip == frame.samples() {
            self.surplus = self.surplus - length(&frame);
            return Ok(());
        }
        self.surplus = Flicks::ZERO;
        self.resample(&frame, skip, keep, notes)?;
        self.counter.count(frame.samples() - skip, frame.sample_rate());
        Ok(())
    }

    /// Returns how far each waiting frame's stated time lies from the counted one.
    fn strays(&self) -> Vec<Option<Flicks>> {
        let mut counter = self.counter;
        let stray = |frame: &Frame, now| self.stated(frame).zip(self.shift).map(|(stated, shift)| stated + shift - now);
        self.waiting
            .iter()
            .map(|frame| {
                let now = counter.now();
                counter.count(frame.samples(), frame.sample_rate());
                stray(frame, now)
            })
            .collect()
    }

    fn stated(&self, frame: &Frame) -> Option<Flicks> {
        frame.ticks().map(|ticks| Flicks::of_ticks(ticks, self.time_base))
    }

    /// Resamples a frame from its sample `skip` on.
    fn resample(&mut self, frame: &Frame, skip: usize, keep: &mut Keep, notes: &mut Notes) -> Result<(), RecipeError> {
        let shape = SoundShape::of(frame);
        if self.run.as_ref().is_some_and(|run| *run.resampler.shape() != shape) {
            notes.shape_changed(self.counter.now());
            self.end_run(keep)?;
        }
        let mut run = match self.run.take() {
            Some(run) => run,
            None => {
                let mix = Downmix::of(&shape.speakers, self.layout);
                notes.shape(&shape, mix.note);
                let resampler = Resampler::new(&shape, &mix.matrix, PROGRAMME_SAMPLE_RATE).map_err(resampling)?;
                Run { resampler, next: self.next }
            }
        };
        for from in (skip..frame.samples()).step_by(PORTION) {
            self.out.clear();
            let portion = from..(from + PORTION).min(frame.samples());
            run.resampler.push_part(frame, portion, &mut self.out).map_err(resampling)?;
            keep.take(run.next, &mut self.out)?;
            run.next += self.count_out();
        }
        self.run = Some(run);
        Ok(())
    }

    /// Empties the resampler, so that what follows may begin anywhere or in another shape.
    fn end_run(&mut self, keep: &mut Keep) -> Result<(), RecipeError> {
        let Some(run) = self.run.take() else { return Ok(()) };
        self.out.clear();
        run.resampler.finish(&mut self.out).map_err(resampling)?;
        keep.take(run.next, &mut self.out)?;
        self.next = run.next + self.count_out();
        Ok(())
    }

    fn count_out(&self) -> i64 {
        (self.out.len() / self.layout.channels() as usize) as i64
    }
}

fn length(frame: &Frame) -> Flicks {
    Flicks::of_samples(frame.samples() as u64, frame.sample_rate())
}

fn resampling(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "resampling sound", source }
}
