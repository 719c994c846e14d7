//! The report file and its page.

use bookend_jobs::facts::{Stretch, StretchKind};
use bookend_report::{GaveWay, Outcome, Report, ReportError, page};

#[path = "../examples/sample_page/sample.rs"]
mod sample;

fn blank(_: &str) -> Option<Vec<u8>> {
    None
}

#[test]
fn a_report_reads_back_as_it_was_written() {
    let report = sample::report();
    let json = report.to_json().expect("writes");
    assert!(json.ends_with("}\n"));
    assert_eq!(Report::from_json(&json).expect("reads"), report);
}

#[test]
fn a_report_of_another_version_is_refused_by_its_version() {
    let json = sample::report().to_json().expect("writes").replacen("\"version\": 1", "\"version\": 9, \"new\": 1", 1);
    assert!(matches!(Report::from_json(&json), Err(ReportError::Version { found: 9, known: 1 })));
    for text in ["", "[]", "{}", "{\"version\": 1}", "not json"] {
        assert!(matches!(Report::from_json(text), Err(ReportError::Malformed(_))), "{text}");
    }
}

#[test]
fn verify_may_expect_what_the_report_says() {
    let mut report = sample::report();
    report.loudness.gave_way = Some("too loud".into());
    let expected = report.expected();
    assert_eq!((expected.frames, expected.samples), (report.programme.frames, report.programme.samples));
    assert_eq!(expected.cuts.len(), report.items.len() - 1);
    assert_eq!(expected.cuts[0], report.items[1].first);
    assert_eq!(expected.gave_way, Some(GaveWay { reason: "too loud".into(), integrated_lufs: Some(-14.06) }));
    assert_eq!(expected.explained.len(), 2);
}

#[test]
fn a_page_tells_the_report_and_needs_nothing_besides_itself() {
    let report = sample::report();
    let page = page(&report, &|name| Some(name.as_bytes().to_vec()));
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Passed, with remarks"));
    for item in &report.items {
        assert!(
            page.contains(&format!("id=\"item-{}\"", item.number)) && page.contains(&item.timecode),
            "{}",
            item.title
        );
    }
    for clause in &report.clauses {
        assert!(
            page.contains(&format!("id=\"clause-{}\"", clause.id))
                && page.contains(&clause.source.replace('"', "&quot;"))
        );
    }
    assert_eq!(page.matches("data:image/jpeg;base64,").count(), 2 * report.seams.len(), "each picture once");
    for outside in ["<script", "<link", "<img", "<iframe", "http:", "https:", "@import", "//"] {
        let page = page.replace("base64,", "").replace("data:image/jpeg;", "");
        let pictures_apart: String = page.lines().filter(|line| !line.starts_with(".p")).collect();
        assert!(!pictures_apart.contains(outside), "{outside}");
    }
}

#[test]
fn what_people_wrote_is_escaped_everywhere() {
    let hostile = "</title></style><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&";
    let mut report = sample::report();
    report.episode.title = hostile.into();
    report.episode.series = Some(hostile.into());
    report.outlet.title = hostile.into();
    report.outlet.picture = hostile.into();
    report.file.name = hostile.into();
    report.warnings = vec![hostile.into()];
    report.loudness.gave_way = Some(hostile.into());
    report.engine.x264 = hostile.into();
    report.stretches = vec![Stretch { kind: StretchKind::Black, first: 0, frames: 9, explained: Some(hostile.into()) }];
    for item in &mut report.items {
        item.title = hostile.into();
        item.segment_title = Some(hostile.into());
        item.role = Some(hostile.into());
        item.timecode = hostile.into();
        item.piece = Some(hostile.into());
        item.conform = vec![hostile.into()];
        item.decision_changed = Some(hostile.into());
        if let Some(source) = &mut item.source {
            (source.name, source.r#in, source.out) = (hostile.into(), hostile.into(), hostile.into());
        }
        if let Some(gain) = &mut item.gain {
            gain.reason = Some(hostile.into());
        }
        for credit in &mut item.credits {
            (credit.name, credit.role) = (hostile.into(), hostile.into());
        }
    }
    for seam in &mut report.seams {
        seam.timecode = hostile.into();
        seam.facts.pictures = Some((hostile.into(), hostile.into()));
    }
    for clause in &mut report.clauses {
        clause.verdict = Outcome::Fail;
        for text in [&mut clause.id, &mut clause.title, &mut clause.source, &mut clause.wanted, &mut clause.found] {
            *text = hostile.into();
        }
    }
    for kind in &mut report.reuse {
        kind.kind = hostile.into();
    }
    let page = page(&report, &|_| Some(hostile.as_bytes().to_vec()));
    assert!(page.contains("&lt;script&gt;"));
    for raw in ["<script", "<img", "onerror=alert(1)>", "\"'>"] {
        assert!(!page.contains(raw), "{raw}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
}

#[test]
fn a_page_of_almost_nothing_still_shows() {
    let mut report = sample::report();
    report.items.clear();
    report.seams.clear();
    report.clauses.clear();
    report.stretches.clear();
    report.reuse.clear();
    report.warnings.clear();
    report.loudness.measured = None;
    report.episode.title.clear();
    let page = page(&report, &blank);
    assert!(page.contains("s01e03") && page.contains("not measured"));
}

#[test]
fn impossible_levels_do_not_reach_the_drawing() {
    let mut report = sample::report();
    if let Some(measured) = &mut report.loudness.measured {
        measured.curve = vec![Some(f32::NAN), Some(f32::INFINITY), Some(f32::NEG_INFINITY), None, Some(-20.0)];
    }
    let page = page(&report, &blank);
    assert!(!page.contains("NaN") && !page.contains("inf "));
}
