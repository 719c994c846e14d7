//! The rundown: every item, where it comes from and what was done to it.

use maud::{Markup, html};

use super::{View, grouped, kind, section};
use crate::Item;

pub(super) fn markup(view: &View<'_>) -> Markup {
    let items = &view.report.items;
    let pieces = items.iter().filter(|item| item.piece.is_some()).count();
    let aside = html! { (items.len()) " items, " (pieces) " approved pieces" };
    let body = html! {
        ol.items {
            @for (at, item) in items.iter().enumerate() {
                @if at == 0 || items[at - 1].segment != item.segment {
                    li.act { h3 { (item.segment_title.clone().unwrap_or_else(|| format!("Segment {}", item.segment))) } }
                }
                (row(view, item))
            }
        }
    };
    section("rundown", "Rundown", &aside, &body)
}

fn row(view: &View<'_>, item: &Item) -> Markup {
    let (class, name) = kind(item);
    let role = item.role.as_deref().filter(|role| !role.eq_ignore_ascii_case(name));
    html! {
        li.item id={ "item-" (item.number) } {
            div class={ "edge " (class) } { b { (item.number) } }
            div.thumb { (view.album.show(picture_of(view, item), &item.title)) }
            div.what {
                strong { (item.title) }
                p {
                    (name)
                    @if let Some(role) = role { ", " (role) }
                    @if let Some(piece) = &item.piece { " " code { (piece) } }
                    @if let Some(line) = item.line { " · line " (line) }
                }
                @if let Some(source) = &item.source {
                    p.from {
                        (source.name)
                        @if !source.r#in.is_empty() || !source.out.is_empty() { " · " (source.r#in) " to " (source.out) }
                        " · " code title=(source.digest) { (source.digest.short()) }
                    }
                }
                @if !item.conform.is_empty() { p.conform { @for note in &item.conform { span { (note) } } } }
            }
            div.when {
                code { (item.timecode) }
                span { (view.clock.length(item.frames)) }
                small { (grouped(item.frames)) " frames" }
            }
        }
    }
}

/// The item's first frame, as the seam into it shows it, or its last, as the seam out of it does: of the two the one with
/// more in it, for many a piece begins or ends in black.
fn picture_of<'a>(view: &View<'a>, item: &Item) -> Option<&'a str> {
    let seams = &view.report.seams;
    let pictures = |seam: &'a crate::Seam| seam.facts.pictures.as_ref();
    let first =
        seams.iter().find(|seam| seam.to_item == item.number).and_then(pictures).map(|(_, after)| after.as_str());
    let last =
        seams.iter().find(|seam| seam.from_item == item.number).and_then(pictures).map(|(before, _)| before.as_str());
    last.into_iter().chain(first).max_by_key(|name| view.album.encoded_size(name))
}
