//! Every cut: the last frame before it, the first after it, and how sound and picture agree there.

use bookend_jobs::facts::{SeamFacts, StretchKind};
use bookend_units::{Timecode, TimecodeFormat};
use maud::{Markup, html};

use super::{View, section};
use crate::{Item, Seam};

pub(super) fn markup(view: &View<'_>) -> Markup {
    let report = view.report;
    if report.seams.is_empty() && report.stretches.is_empty() {
        return html! {};
    }
    let worst = report.seams.iter().filter_map(|seam| seam.facts.sound_lag_us).max_by_key(|lag| lag.unsigned_abs());
    let aside = html! {
        @match report.seams.len() { 1 => "1 cut", many => { (many) " cuts" } }
        @if let Some(worst) = worst { " · sound and picture within " (milliseconds(worst.unsigned_abs())) }
    };
    let body = html! {
        ol.seams { @for seam in &report.seams { (card(view, seam)) } }
        (stretches(view))
    };
    section("seams", "Seams", &aside, &body)
}

fn card(view: &View<'_>, seam: &Seam) -> Markup {
    let item = |number: u32| view.report.items.iter().find(|item| item.number == number);
    let title = |number: u32| item(number).map_or_else(|| format!("Item {number}"), |item: &Item| item.title.clone());
    let (before, after) = seam
        .facts
        .pictures
        .as_ref()
        .map_or((None, None), |(before, after)| (Some(before.as_str()), Some(after.as_str())));
    let (from, to) = (title(seam.from_item), title(seam.to_item));
    let (class, words) = frames_state(&seam.facts);
    html! {
        li {
            div.pair {
                (view.album.show(before, &format!("last frame of {from}")))
                (view.album.show(after, &format!("first frame of {to}")))
            }
            div.cut {
                code { (seam.timecode) }
                span.pills {
                    span class={ "pill " (class) } { (words) }
                    (lag(&seam.facts))
                }
            }
            p.between { span { b { (seam.from_item) } " " (from) } span.arrow aria-label="then" { "→" } span { b { (seam.to_item) } " " (to) } }
        }
    }
}

fn frames_state(facts: &SeamFacts) -> (&'static str, &'static str) {
    let states = [facts.before_matches, facts.after_matches, facts.cut_seen];
    if states.contains(&Some(false)) {
        ("fail", "other frames")
    } else if facts.before_matches.is_none() || facts.after_matches.is_none() {
        ("none", "frames not compared")
    } else {
        ("pass", "frames exact")
    }
}

/// The built-in outlets allow a millisecond; this only colours the seam, the outlet's clause decides about the file.
fn lag(facts: &SeamFacts) -> Markup {
    match facts.sound_lag_us {
        None => html! { span.pill.none { "A/V quiet" } },
        Some(lag) => {
            let class = if lag.unsigned_abs() <= 1000 { "pass" } else { "fail" };
            let direction = match lag {
                0 => "",
                late if late > 0 => " late",
                _ => " early",
            };
            html! { span class={ "pill " (class) } { "A/V " (milliseconds(lag.unsigned_abs())) (direction) } }
        }
    }
}

fn milliseconds(us: u64) -> String {
    format!("{}.{:02} ms", us / 1000, us % 1000 / 10)
}

fn stretches(view: &View<'_>) -> Markup {
    let format = TimecodeFormat::new(view.clock.rate, true).or_else(|_| TimecodeFormat::new(view.clock.rate, false));
    let at = |frame: u64| {
        format
            .as_ref()
            .map_or_else(|_| format!("frame {frame}"), |format| Timecode::from_frame(frame, *format).to_string())
    };
    html! {
        @if !view.report.stretches.is_empty() {
            h3 { "Black, frozen and silent stretches" }
            ul.stretches {
                @for stretch in &view.report.stretches {
                    li {
                        code { (at(stretch.first)) }
                        span { (match stretch.kind { StretchKind::Black => "Black", StretchKind::Freeze => "Frozen", StretchKind::Silence => "Silent" }) " for " (view.clock.length(stretch.frames)) }
                        @match &stretch.explained {
                            Some(why) => span.why { (why) },
                            None => span.pill.warn { "unexplained" },
                        }
                    }
                }
            }
        }
    }
}
