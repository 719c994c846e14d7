//! What the programme itself explains: where it is black, still or silent on purpose.

use std::collections::BTreeMap;
use std::ops::Range;

use bookend_jobs::facts::{Facts, MixFacts, PictureFacts, Stretch, StretchKind};
use bookend_jobs::{Commit, Key};
use bookend_units::{FrameRate, Time};

use crate::plan::{ItemSound, Placed, Plan, PlannedOutlet, Shows};

/// A run of programme frames that is so on purpose, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reason {
    kind: StretchKind,
    frames: Range<u64>,
    why: String,
}

/// Returns everything that explains a stretch: generated items, and what the pieces themselves show and play.
pub(super) fn reasons(plan: &Plan, outlet: &PlannedOutlet, commits: &BTreeMap<Key, Commit>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for item in &plan.items {
        of_item(item, plan.house.rate, &mut reasons);
    }
    for chunk in &outlet.chunks {
        if let Some(Facts::Picture(facts)) = commits.get(&chunk.key).map(|commit| &commit.facts) {
            of_chunk(facts, u64::from(chunk.frames.start), &mut reasons);
        }
    }
    if let Some(Facts::Mix(facts)) = commits.get(&outlet.mix).map(|commit| &commit.facts) {
        of_mix(facts, &mut reasons);
    }
    reasons
}

fn of_item(item: &Placed, rate: FrameRate, reasons: &mut Vec<Reason>) {
    let frames = u64::from(item.frames.start)..u64::from(item.frames.end);
    let mut push = |kind, frames: Range<u64>, why: &str| {
        if !frames.is_empty() {
            reasons.push(Reason { kind, frames, why: format!("{}: {why}", item.title) });
        }
    };
    match &item.shows {
        Shows::Source { .. } => {}
        Shows::Still { .. } => push(StretchKind::Freeze, frames.clone(), "a still"),
        Shows::Black => {
            push(StretchKind::Black, frames.clone(), "black in the rundown");
            push(StretchKind::Freeze, frames.clone(), "black in the rundown");
        }
        Shows::Bars => push(StretchKind::Freeze, frames.clone(), "bars"),
        Shows::Slate(_) => {
            push(StretchKind::Black, frames.clone(), "a slate");
            push(StretchKind::Freeze, frames.clone(), "a slate");
        }
    }
    match &item.plays {
        ItemSound::Tone => {}
        ItemSound::Silence => push(StretchKind::Silence, frames, "it has no sound"),
        ItemSound::Source { start, heard, .. } => {
            let frame_of =
                |time: Time| frames.start.saturating_add_signed((time - *start).count_floor(rate.num(), rate.den()));
            let begins = if heard.start > *start { frame_of(heard.start) + 1 } else { frames.start };
            push(StretchKind::Silence, frames.start..begins.min(frames.end), "its sound begins later");
            push(StretchKind::Silence, frame_of(heard.end).max(frames.start)..frames.end, "its sound ends sooner");
        }
    }
}

fn of_chunk(facts: &PictureFacts, first: u64, reasons: &mut Vec<Reason>) {
    for (kind, runs) in [(StretchKind::Black, &facts.black), (StretchKind::Freeze, &facts.frozen)] {
        for run in runs.iter().filter(|run| run.in_source) {
            let start = first + u64::from(run.first);
            let frames = start..start + u64::from(run.frames);
            reasons.push(Reason { kind, frames, why: "the piece itself shows it".to_owned() });
        }
    }
}

fn of_mix(facts: &MixFacts, reasons: &mut Vec<Reason>) {
    for stretch in &facts.silence {
        if let Some(why) = &stretch.explained {
            let frames = stretch.first..stretch.first + stretch.frames;
            reasons.push(Reason { kind: stretch.kind, frames, why: why.clone() });
        }
    }
}

/// Splits stretches where the programme begins or ceases to explain them.
pub(super) fn explain(stretches: &[Stretch], reasons: &[Reason]) -> Vec<Stretch> {
    let mut all = Vec::new();
    for stretch in stretches {
        if stretch.explained.is_some() {
            all.push(stretch.clone());
            continue;
        }
        split(stretch, reasons, &mut all);
    }
    all
}

fn split(stretch: &Stretch, reasons: &[Reason], all: &mut Vec<Stretch>) {
    let end = stretch.first + stretch.frames;
    let fitting: Vec<&Reason> = reasons
        .iter()
        .filter(|reason| reason.kind == stretch.kind && reason.frames.start < end && reason.frames.end > stretch.first)
        .collect();
    let mut at = stretch.first;
    while at < end {
        // The longest, and of equals the first: what the rundown says comes before what the pictures show.
        let here =
            fitting.iter().rev().filter(|reason| reason.frames.contains(&at)).max_by_key(|reason| reason.frames.end);
        let until = match here {
            Some(reason) => reason.frames.end,
            None => fitting.iter().map(|reason| reason.frames.start).filter(|&start| start > at).min().unwrap_or(end),
        };
        let until = until.min(end);
        let explained = here.map(|reason| reason.why.clone());
        all.push(Stretch { kind: stretch.kind, first: at, frames: until - at, explained });
        at = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(first: u64, frames: u64, explained: Option<&str>) -> Stretch {
        Stretch { kind: StretchKind::Black, first, frames, explained: explained.map(str::to_owned) }
    }

    fn reason(kind: StretchKind, frames: Range<u64>, why: &str) -> Reason {
        Reason { kind, frames, why: why.to_owned() }
    }

    #[test]
    fn only_what_the_programme_shows_is_explained() {
        let reasons = [
            reason(StretchKind::Black, 10..20, "a"),
            reason(StretchKind::Black, 18..30, "b"),
            reason(StretchKind::Freeze, 0..99, "of another kind"),
        ];
        assert_eq!(
            explain(&[stretch(5, 30, None)], &reasons),
            [stretch(5, 5, None), stretch(10, 10, Some("a")), stretch(20, 10, Some("b")), stretch(30, 5, None)]
        );
        assert_eq!(explain(&[stretch(12, 4, None)], &reasons), [stretch(12, 4, Some("a"))]);
        let twice = [reason(StretchKind::Black, 0..9, "the rundown"), reason(StretchKind::Black, 0..9, "the piece")];
        assert_eq!(explain(&[stretch(1, 2, None)], &twice), [stretch(1, 2, Some("the rundown"))]);
        assert_eq!(explain(&[stretch(40, 4, None)], &reasons), [stretch(40, 4, None)]);
        assert_eq!(explain(&[stretch(5, 30, Some("known"))], &reasons), [stretch(5, 30, Some("known"))]);
    }
}
