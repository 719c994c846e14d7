//! The programme as one bar: what is on when, by kind.

use maud::{Markup, html};

use super::clock::decimal;
use super::{View, kind, section};
use crate::Item;

/// Above so many items the bar has no room for gaps.
const MANY: usize = 120;

pub(super) fn markup(view: &View<'_>) -> Markup {
    let items = &view.report.items;
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for item in items {
        if !kinds.contains(&kind(item)) {
            kinds.push(kind(item));
        }
    }
    let legend = html! {
        span.legend { @for (class, name) in &kinds { span { i class=(class) {} (name) } } }
    };
    let body = html! {
        @if segments(items).len() > 1 {
            div.acts { @for (title, frames) in segments(items) { div style={ "flex-grow:" (frames) } title=(title) { span { (title) } } } }
        }
        div class=(if items.len() > MANY { "bar many" } else { "bar" }) { @for item in items { (block(view, item)) } }
        div.axis aria-hidden="true" {
            @for (second, label) in view.clock.marks(10) {
                @let place = view.clock.place_of_second(second, 100);
                @if place < 9700 { span style={ "left:" (decimal(place)) "%" } { (label) } }
            }
        }
    };
    section("timeline", "Timeline", &legend, &body)
}

/// One item; wide ones say their title, narrow ones their number, the narrowest nothing but their tooltip.
fn block(view: &View<'_>, item: &Item) -> Markup {
    let share = view.clock.place(item.frames, 100);
    let (class, name) = kind(item);
    let length = view.clock.length(item.frames);
    let says = format!("{}. {} · {} · {} · {}", item.number, item.title, name, item.timecode, length);
    let room = match share {
        700.. => "wide",
        250..700 => "narrow",
        _ => "sliver",
    };
    html! {
        a class={ (class) " " (room) } style={ "flex-grow:" (item.frames) } href={ "#item-" (item.number) } title=(says) aria-label=(says) {
            @if share >= 250 { b { (item.number) } }
            @if share >= 700 { span { (item.title) } small { (length) } }
        }
    }
}

/// Runs of items in one segment: its name and its frames.
fn segments(items: &[Item]) -> Vec<(String, u64)> {
    let mut runs: Vec<(u32, String, u64)> = Vec::new();
    for item in items {
        match runs.last_mut() {
            Some((segment, _, frames)) if *segment == item.segment => *frames += item.frames,
            _ => {
                let title = item.segment_title.clone().unwrap_or_else(|| format!("Segment {}", item.segment));
                runs.push((item.segment, title, item.frames));
            }
        }
    }
    runs.into_iter().map(|(_, title, frames)| (title, frames)).collect()
}
