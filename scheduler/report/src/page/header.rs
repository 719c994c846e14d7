//! The head of the page: what this is, whether it passed, and what needs a look.

use bookend_jobs::facts::ProofDepth;
use maud::{Markup, html};

use super::{View, grouped, level};
use crate::{Outcome, Report};

/// The episode's title, or its id where it has none.
pub(super) fn episode_name(report: &Report) -> &str {
    if report.episode.title.trim().is_empty() { &report.episode.id } else { &report.episode.title }
}

/// The verdict in words, and the class that colours it.
pub(super) fn state(report: &Report) -> (&'static str, &'static str) {
    let warned = report.clauses.iter().any(|clause| clause.verdict == Outcome::Warn) || !report.warnings.is_empty();
    match (report.passed(), warned) {
        (false, _) => ("Failed", "fail"),
        (true, true) => ("Passed, with remarks", "warn"),
        (true, false) => ("Passed", "pass"),
    }
}

pub(super) fn mark(class: &str) -> &'static str {
    match class {
        "pass" => "✓",
        "warn" => "!",
        "fail" => "✕",
        _ => "–",
    }
}

/// The coloured band.
pub(super) fn markup(view: &View<'_>) -> Markup {
    let report = view.report;
    let (words, class) = state(report);
    let tally = [
        (Outcome::Fail, "failed"),
        (Outcome::Warn, "warned"),
        (Outcome::NotChecked, "not checked"),
        (Outcome::Pass, "passed"),
    ]
    .into_iter()
    .map(|(outcome, word)| (report.clauses.iter().filter(|clause| clause.verdict == outcome).count(), word))
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect::<Vec<_>>()
    .join(" · ");
    html! {
        header {
            div.inner {
                div.titles {
                    p.over { (over(report)) }
                    h1 { (episode_name(report)) }
                    p.under { "for " strong { (report.outlet.title) } " · " (view.clock.whole()) " · " (grouped(report.items.len() as u64)) " items" }
                }
                div class={ "badge " (class) } {
                    span.mark aria-hidden="true" { (mark(class)) }
                    div { strong { (words) } span { (tally) } }
                }
                (facts(view))
            }
        }
    }
}

fn over(report: &Report) -> String {
    let episode = &report.episode;
    let mut parts: Vec<String> = episode.series.iter().cloned().collect();
    match (episode.season, episode.number) {
        (Some(season), Some(number)) => parts.push(format!("Season {season}, episode {number}")),
        (Some(season), None) => parts.push(format!("Season {season}")),
        (None, Some(number)) => parts.push(format!("Episode {number}")),
        (None, None) => {}
    }
    if parts.is_empty() { episode.id.clone() } else { parts.join(" · ") }
}

fn facts(view: &View<'_>) -> Markup {
    let report = view.report;
    let programme = &report.programme;
    let measured = report.loudness.measured.as_ref();
    let lufs = measured.and_then(|measured| measured.integrated_lufs).map(|lufs| format!("{} LUFS", level(lufs)));
    let peak = measured.and_then(|measured| measured.true_peak_dbtp).map(|peak| format!("peak {} dBTP", level(peak)));
    let sound = [lufs, peak].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let proof = match report.proof {
        ProofDepth::Parts => "from its parts: every chunk decoded when made, seams and sound from the file",
        ProofDepth::Full => "full: every frame and sample decoded from the file",
    };
    let rows = [
        ("File", report.file.name.clone(), size(report.file.bytes)),
        (
            "Picture",
            report.outlet.picture.clone(),
            format!("{} frames at {}", grouped(programme.frames), programme.rate),
        ),
        ("Sound", report.outlet.sound.clone(), format!("{} samples", grouped(programme.samples))),
        (
            "Loudness",
            if sound.is_empty() { "not measured".into() } else { sound },
            format!("target {} LUFS", level(report.loudness.target.integrated_lufs)),
        ),
        ("Proof", proof.into(), report.made.strftime("%-d %B %Y, %H:%M UTC").to_string()),
        ("Outlet", report.outlet.name.clone(), format!("edition {}", report.outlet.edition)),
    ];
    html! {
        dl.facts {
            @for (name, value, small) in rows {
                div { dt { (name) } dd { span.value { (value) } small { (small) } } }
            }
            div.digest { dt { "SHA-256" } dd { code { (report.file.sha256) } } }
        }
    }
}

fn size(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes + unit / 20) / (unit / 10);
    let say = |tenths: u64, unit: &str| format!("{}.{} {unit}", grouped(tenths / 10), tenths % 10);
    match bytes {
        0..1_000_000 => say(tenths(1000), "kB"),
        1_000_000..1_000_000_000 => say(tenths(1_000_000), "MB"),
        _ => say(tenths(1_000_000_000), "GB"),
    }
}

/// What a producer must not miss: failed clauses, warnings, remarks.
pub(super) fn attention(view: &View<'_>) -> Markup {
    let report = view.report;
    let of = |outcome: Outcome| report.clauses.iter().filter(move |clause| clause.verdict == outcome);
    let changed = report.items.iter().filter_map(|item| item.decision_changed.as_ref().map(|change| (item, change)));
    let gave_way = report.loudness.gave_way.as_ref();
    if report.passed()
        && of(Outcome::Warn).next().is_none()
        && report.warnings.is_empty()
        && changed.clone().next().is_none()
        && gave_way.is_none()
    {
        return html! {};
    }
    html! {
        section.attention {
            h2 { "Worth a look" }
            ul {
                @for clause in of(Outcome::Fail) {
                    li.fail { b { "Fails: " (clause.title) "." } " Wanted " (clause.wanted) "; found " (clause.found) "." }
                }
                @for clause in of(Outcome::Warn) { li.warn { b { (clause.title) ":" } " found " (clause.found) "." } }
                @for warning in &report.warnings { li.warn { (warning) } }
                @for (item, change) in changed { li.warn { b { "Item " (item.number) ", " (item.title) ":" } " " (change) } }
                @if let Some(reason) = gave_way { li.none { b { "The loudness target gave way:" } " " (reason) } }
            }
        }
    }
}
