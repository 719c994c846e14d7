//! Loudness over time, and the gains that made it.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use super::clock::decimal;
use super::{View, kind, level, section, signed};
use crate::Item;

// The drawing, in units of its view box.
const WIDTH: u64 = 1000;
const LEFT: u64 = 34;
const TOP: u64 = 22;
const HEIGHT: u64 = 200;
const STRIP: u64 = 8;
const BOTTOM: u64 = 24;
const SPAN: u64 = WIDTH - LEFT - 2;

pub(super) fn markup(view: &View<'_>) -> Markup {
    let loudness = &view.report.loudness;
    let measured = loudness.measured.as_ref();
    let number = |value: Option<f64>, unit: &str| value.map(|value| format!("{} {unit}", level(value)));
    let tiles = [
        ("Integrated", number(measured.and_then(|m| m.integrated_lufs), "LUFS")),
        ("True peak", number(measured.and_then(|m| m.true_peak_dbtp), "dBTP")),
        ("Range", number(measured.and_then(|m| m.range_lu), "LU")),
        ("Loudest 3 s", number(measured.and_then(|m| m.max_short_term_lufs), "LUFS")),
        ("Programme gain", loudness.programme_gain_db.map(|gain| format!("{} dB", signed(gain)))),
        ("Limiter", Some(limiter(view))),
    ];
    let target = &loudness.target;
    let aside = html! { "target " (level(target.integrated_lufs)) " ±" (format!("{:.1}", target.tolerance_lu)) " LUFS, peak at most " (level(target.true_peak_dbtp)) " dBTP" };
    let body = html! {
        dl.tiles {
            @for (name, value) in tiles { div { dt { (name) } dd { (value.unwrap_or_else(|| "—".into())) } } }
        }
        @if let Some(measured) = measured && !measured.curve.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="loudness over time" { (chart(view, &measured.curve)) }
            p.note { "Short-term loudness (3 s windows), once a second, by ITU-R BS.1770-5. Thin lines are cuts; the band is the target with its tolerance." }
        }
        (gains(view))
    };
    section("loudness", "Loudness", &aside, &body)
}

fn limiter(view: &View<'_>) -> String {
    let loudness = &view.report.loudness;
    match (loudness.limited, &loudness.target.give_way) {
        (false, _) => "not needed".into(),
        (true, Some(limit)) => {
            format!("{:.1} % over {:.0} dB", loudness.share_reduced * 100.0, limit.reduction_db)
        }
        (true, None) => "worked".into(),
    }
}

/// The scale of the drawing: its lowest and highest level.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(target: f64, curve: &[Option<f32>]) -> Self {
        let loudest = curve
            .iter()
            .flatten()
            .filter(|value| value.is_finite())
            .fold(target + 6.0, |most, &value| most.max(f64::from(value)));
        let high = (loudest / 10.0).ceil() * 10.0;
        Scale { low: high - 50.0, high }
    }

    fn y(&self, level: f64) -> f64 {
        let share = ((self.high - level) / (self.high - self.low)).clamp(0.0, 1.0);
        TOP as f64 + share * HEIGHT as f64
    }
}

fn chart(view: &View<'_>, curve: &[Option<f32>]) -> Markup {
    let target = &view.report.loudness.target;
    let scale = Scale::of(target.integrated_lufs, curve);
    let (floor, whole) = (TOP + HEIGHT, TOP + HEIGHT + STRIP + BOTTOM);
    let (band_top, band_bottom) =
        (scale.y(target.integrated_lufs + target.tolerance_lu), scale.y(target.integrated_lufs - target.tolerance_lu));
    let x = |hundredths: u64| decimal(LEFT * 100 + hundredths);
    let (line, area) = paths(view, &scale, curve);
    let says = format!("Loudness over time against a target of {} LUFS", level(target.integrated_lufs));
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (whole) } role="img" aria-label=(says) {
            @for step in 0..=5 {
                @let db = scale.high - f64::from(step) * 10.0;
                line.grid x1=(LEFT) x2=(WIDTH - 2) y1=(format!("{:.1}", scale.y(db))) y2=(format!("{:.1}", scale.y(db))) {}
                text.tick x=(LEFT - 6) y=(format!("{:.1}", scale.y(db) + 3.5)) text-anchor="end" { (level(db).trim_end_matches(".0")) }
            }
            rect.band x=(LEFT) width=(SPAN) y=(format!("{band_top:.1}")) height=(format!("{:.1}", (band_bottom - band_top).max(1.5))) {}
            (cuts(view))
            path.area d=(PreEscaped(area)) {}
            path.curve d=(PreEscaped(line)) {}
            line.target x1=(LEFT) x2=(WIDTH - 2) y1=(format!("{:.1}", scale.y(target.integrated_lufs))) y2=(format!("{:.1}", scale.y(target.integrated_lufs))) {}
            @for item in &view.report.items {
                @let from = view.clock.place(item.first, SPAN);
                @let to = view.clock.place(item.first + item.frames, SPAN);
                rect class=(kind(item).0) x=(x(from)) width=(decimal((to - from).saturating_sub(60).max(20))) y=(floor + 3) height=(STRIP - 3) rx="1.5" {
                    title { (item.number) ". " (item.title) }
                }
            }
            @for (second, label) in view.clock.marks(12) {
                @let place = view.clock.place_of_second(second, SPAN);
                text.tick x=(x(place)) y=(whole - 6) text-anchor=(if second == 0 { "start" } else if place > SPAN * 98 { "end" } else { "middle" }) { (label) }
            }
        }
    }
}

/// A line at every cut, numbered where there is room.
fn cuts(view: &View<'_>) -> Markup {
    let mut last_label = None;
    let lines = view.report.items.iter().map(|item| {
        let place = view.clock.place(item.first, SPAN);
        let middle = (place + view.clock.place(item.first + item.frames, SPAN)) / 2;
        let room = last_label.is_none_or(|last| middle >= last + 2600);
        if room {
            last_label = Some(middle);
        }
        (item, place, room.then_some(middle))
    });
    let lines: Vec<(&Item, u64, Option<u64>)> = lines.collect();
    html! {
        @for (item, place, label) in lines {
            @if item.first > 0 {
                @let x = decimal(LEFT * 100 + place);
                line.cutline x1=(x) x2=(x) y1=(TOP) y2=(TOP + HEIGHT) {}
            }
            @if let Some(label) = label {
                text.number x=(decimal(LEFT * 100 + label)) y=(TOP - 8) text-anchor="middle" { (item.number) }
            }
        }
    }
}

/// The curve and the area under it; silence leaves a gap.
fn paths(view: &View<'_>, scale: &Scale, curve: &[Option<f32>]) -> (String, String) {
    let floor = TOP + HEIGHT;
    let (mut line, mut area) = (String::new(), String::new());
    let mut last_x: Option<String> = None;
    for (second, value) in (0_u64..).zip(curve) {
        let x = decimal(LEFT * 100 + view.clock.place_of_second(second, SPAN));
        match value.filter(|value| value.is_finite()) {
            Some(value) => {
                let y = scale.y(f64::from(value));
                if last_x.is_none() {
                    let _ = write!(line, "M{x} {y:.1}");
                    let _ = write!(area, "M{x} {floor}L{x} {y:.1}");
                } else {
                    let _ = write!(line, "L{x} {y:.1}");
                    let _ = write!(area, "L{x} {y:.1}");
                }
                last_x = Some(x);
            }
            None => {
                if let Some(last) = last_x.take() {
                    let _ = write!(area, "L{last} {floor}Z");
                }
            }
        }
    }
    if let Some(last) = last_x {
        let _ = write!(area, "L{last} {floor}Z");
    }
    (line, area)
}

fn gains(view: &View<'_>) -> Markup {
    let items: Vec<_> =
        view.report.items.iter().filter_map(|item| item.gain.as_ref().map(|gain| (item, gain))).collect();
    if items.is_empty() {
        return html! {};
    }
    html! {
        h3 { "Gains" }
        table.gains {
            thead { tr { th { "Item" } th.num { "Measured" } th { "Gain" } th { "Why not exact" } } }
            tbody {
                @for (item, gain) in items {
                    tr {
                        td { b.no { (item.number) } " " (item.title) }
                        td.num data-label="Measured" { (gain.measured_lufs.map_or_else(|| "silent".into(), |lufs| format!("{} LUFS", level(lufs)))) }
                        td data-label="Gain" { span.gain { (swing(gain.gain_db)) span.num { @if gain.gain_db == 0.0 { "none" } @else { (signed(gain.gain_db)) " dB" } } } }
                        td.why data-label="Why not exact" { (gain.reason.as_deref().unwrap_or("")) }
                    }
                }
            }
        }
    }
}

/// A bar that swings left for less and right for more, 20 dB either way.
fn swing(gain_db: f64) -> Markup {
    let share = (gain_db.abs() / 20.0).clamp(0.0, 1.0) * 50.0;
    let side = if gain_db < 0.0 { "right:50%" } else { "left:50%" };
    html! { span.swing aria-hidden="true" { i style={ (side) ";width:" (format!("{share:.1}")) "%" } {} } }
}
