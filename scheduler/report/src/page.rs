//! The report as one self-contained page: no script, no network, pictures inside.
//!
//! Everything that people wrote goes through maud's escaping; the style holds only constants and encoded pictures, and a
//! content policy forbids the rest.

mod album;
mod clauses;
mod clock;
mod header;
mod loudness;
mod making;
mod rundown;
mod seams;
mod timeline;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{Item, Origin, Report};
use album::Album;
use clock::Clock;

const STYLE: &str = include_str!("page/style.css");
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// Shows a report as one HTML page that needs nothing besides itself.
///
/// `pictures` returns the JPEG bytes of a seam picture by the name that the seam's facts give it; what it does not have is
/// left blank.
#[must_use]
pub fn page(report: &Report, pictures: &dyn Fn(&str) -> Option<Vec<u8>>) -> String {
    let album = Album::of(report, pictures);
    let view = View { report, clock: Clock::of(report), album: &album };
    let title = format!("{} · {} · {}", header::episode_name(report), report.outlet.title, header::state(report).0);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(album.style())) }
            }
            body {
                (header::markup(&view))
                main {
                    (header::attention(&view))
                    (timeline::markup(&view))
                    (seams::markup(&view))
                    (loudness::markup(&view))
                    (clauses::markup(&view))
                    (rundown::markup(&view))
                    (making::credits(&view))
                    (making::reuse(&view))
                }
                footer { "Made by Bookend with " (report.engine) ". This page needs nothing besides itself; the same facts are in the report’s JSON." }
            }
        }
    };
    markup.into_string()
}

/// What every section looks at.
struct View<'a> {
    report: &'a Report,
    clock: Clock,
    album: &'a Album,
}

/// A titled section; `aside` is a short remark at the heading's right.
fn section(id: &str, title: &str, aside: &Markup, body: &Markup) -> Markup {
    html! {
        section id=(id) {
            div.head { h2 { (title) } p.aside { (aside) } }
            (body)
        }
    }
}

/// The class that colours an item by its kind, and the kind's name.
fn kind(item: &Item) -> (&'static str, &'static str) {
    match (item.origin, item.role.as_deref()) {
        (Origin::Generated, _) => ("k-made", "Generated"),
        (Origin::Piece, _) => ("k-piece", "Piece"),
        (Origin::InHouse, Some("host")) => ("k-host", "Host"),
        (Origin::InHouse, Some("interstitial")) => ("k-inter", "Interstitial"),
        (Origin::InHouse, _) => ("k-house", "In-house"),
    }
}

/// Thousands apart: `17,982`.
fn grouped(number: u64) -> String {
    crate::judge::grouped(number)
}

/// A level with its sign: `+3.2`, `−4.0`.
fn signed(level: f64) -> String {
    // Adding zero turns −0.0 into 0.0.
    let tenths = (level * 10.0).round() / 10.0 + 0.0;
    format!("{tenths:+.1}").replace('-', "−")
}

/// A level without plus sign: `−23.0`.
fn level(level: f64) -> String {
    signed(level).replace('+', "")
}
