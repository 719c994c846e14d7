//! Who made it, and what it took.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::clock::{decimal, sexagesimal};
use super::{View, section};

/// Who is credited, with the time on screen of what they are credited for.
pub(super) fn credits(view: &View<'_>) -> Markup {
    let mut people: BTreeMap<&str, (Vec<&str>, Vec<u32>, u64)> = BTreeMap::new();
    for item in &view.report.items {
        let mut counted: Vec<&str> = Vec::new();
        for credit in &item.credits {
            let (roles, items, frames) = people.entry(&credit.name).or_default();
            if !roles.contains(&credit.role.as_str()) {
                roles.push(&credit.role);
            }
            // Two roles in one item are one time on screen.
            if !counted.contains(&credit.name.as_str()) {
                counted.push(&credit.name);
                items.push(item.number);
                *frames += item.frames;
            }
        }
    }
    if people.is_empty() {
        return html! {};
    }
    let mut people: Vec<_> = people.into_iter().collect();
    people.sort_by(|a, b| b.1.2.cmp(&a.1.2).then(a.0.cmp(b.0)));
    let aside = html! { (people.len()) @if people.len() == 1 { " person" } @else { " people" } ", by time on screen" };
    let body = html! {
        ul.credits {
            @for (name, (roles, items, frames)) in &people {
                li {
                    strong { (name) }
                    span { (roles.join(", ")) }
                    small {
                        (view.clock.length(*frames)) " in " @if items.len() == 1 { "item " } @else { "items " }
                        @for (at, item) in items.iter().enumerate() { @if at > 0 { ", " } a href={ "#item-" (item) } { (item) } }
                    }
                }
            }
        }
    };
    section("credits", "Credits", &aside, &body)
}

/// What was reused, what was made.
pub(super) fn reuse(view: &View<'_>) -> Markup {
    let reuse = &view.report.reuse;
    if reuse.is_empty() {
        return html! {};
    }
    let total: u64 = reuse.iter().map(|kind| u64::from(kind.total)).sum();
    let reused: u64 = reuse.iter().map(|kind| u64::from(kind.reused)).sum();
    let cpu_ms: u64 = reuse.iter().map(|kind| kind.cpu_ms).sum();
    let aside = html! { (reused) " of " (total) " results were there already · " (cpu(cpu_ms)) " of CPU time" };
    let body = html! {
        table.reuse {
            thead { tr { th { "Kind" } th { "Reused" } th.num { "Results" } th.num { "Made" } th.num { "CPU time" } } }
            tbody {
                @for kind in reuse {
                    @let share = u64::from(kind.reused) * 10_000 / u64::from(kind.total.max(1));
                    tr {
                        td { (capital(&kind.kind)) }
                        td data-label="Reused" { span.meter aria-hidden="true" { i style={ "width:" (decimal(share)) "%" } {} } span { (kind.reused) } }
                        td.num data-label="Results" { (kind.total) }
                        td.num data-label="Made" { (kind.made) }
                        td.num data-label="CPU time" { (cpu(kind.cpu_ms)) }
                    }
                }
            }
        }
    };
    section("reuse", "What was made, what was reused", &aside, &body)
}

fn cpu(ms: u64) -> String {
    match ms {
        0 => "0 s".into(),
        1..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min", sexagesimal(ms / 1000)),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
