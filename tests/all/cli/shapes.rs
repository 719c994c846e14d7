//! JSON as the contract has it: one object a line on stdout, the outcome last, logs on stderr.

use serde_json::{Value, json};

use super::stage::{OUTLET, Stage};

/// Checks that an object has exactly these fields, and may have those.
#[track_caller]
fn has(object: &Value, fields: &[&str], may: &[&str]) {
    let found: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    for field in fields {
        assert!(found.contains(field), "no `{field}` in {object}");
    }
    for field in found {
        assert!(fields.contains(&field) || may.contains(&field), "`{field}` is not in the contract: {object}");
    }
}

#[test]
fn from_upload_to_file_every_answer_has_its_shape() {
    let stage = Stage::new();
    let told = stage.bookend(&["probe", "one.mp4", "--json"]);
    told.ended(0);
    let facts = told.outcome();
    assert_eq!(
        (&facts["picture"]["rate"], &facts["picture"]["frames"], &facts["sound"]["rate_hz"]),
        (&json!("25"), &json!(75), &json!(48_000))
    );

    let told = stage.bookend(&["ingest", "one.mp4", "two.mp4", "--json"]);
    told.ended(0);
    let lines = told.lines();
    assert_eq!(lines.len(), 3);
    for line in &lines[..2] {
        has(line, &["source", "asset", "status", "artifacts"], &["reason"]);
        assert_eq!(line["status"], "ready");
        assert!(line["artifacts"].is_object());
    }
    has(&lines[2], &["run", "ready", "refused"], &[]);
    assert_eq!((&lines[2]["ready"], &lines[2]["refused"]), (&json!(2), &json!(0)));

    let asset = lines[0]["asset"].as_str().unwrap();
    let told = stage.bookend(&[
        "approve",
        &asset[..12],
        "--title",
        "The River",
        "--credit",
        "Director=Ada Lovelace",
        "--out",
        "40f",
        "--json",
    ]);
    told.ended(0);
    assert_eq!(told.lines(), [json!({ "piece": "the-river", "asset": asset, "state": "approved" })]);
    let told = stage.bookend(&["pieces", "--json"]);
    told.ended(0);
    let lines = told.lines();
    assert_eq!(
        (&lines[0]["piece"], &lines[0]["asset"], &lines[0]["state"]),
        (&json!("the-river"), &json!(asset), &json!("approved"))
    );
    assert_eq!(lines[0]["credits"], json!([{ "role": "Director", "name": "Ada Lovelace" }]));
    assert_eq!((&lines[1]["state"], &lines[1]["piece"]), (&json!("pending"), &json!(null)), "ingested, not decided");

    stage.show(&["piece = \"the-river\"", "source = \"three.mp4\"\nin = \"1s\"", "black = \"6f\""]);
    let told = stage.bookend(&["plan", "show.toml", "--outlet", OUTLET, "--json"]);
    told.ended(0);
    let plan = told.outcome();
    has(&plan, &["results", "totals"], &[]);
    has(&plan["totals"], &["reuse", "make", "cpu_s"], &[]);
    let results = plan["results"].as_array().unwrap();
    for result in results {
        has(result, &["kind", "key", "action", "why"], &["frames", "cpu_s", "label"]);
        assert!(
            ["inspect", "picture", "sound", "mix", "assemble"].contains(&result["kind"].as_str().unwrap()),
            "{result}"
        );
    }
    let total = results.len() as u64;

    let told = stage.render("show");
    told.ended(0);
    assert_eq!(told.lines().len(), 1);
    let rendered = told.outcome();
    has(&rendered, &["run", "episode", "jobs", "deliverables"], &[]);
    assert_eq!(rendered["episode"], "show");
    // The plan inspected what was new; so did it make all else.
    let inspected = results.iter().filter(|result| result["kind"] == "inspect").count() as u64;
    assert_eq!(rendered["jobs"], json!({ "total": total, "reused": inspected, "made": total - inspected }));
    let file = format!("out/show-{OUTLET}.mp4");
    let report = format!("out/show-{OUTLET}.report.json");
    assert_eq!(
        rendered["deliverables"],
        json!([{ "outlet": OUTLET, "files": [file], "report": report, "passed": true }])
    );

    let told = stage.bookend(&["verify", &file, "--outlet", OUTLET, "--json"]);
    told.ended(0);
    let verified = told.outcome();
    has(&verified, &["file", "outlet", "passed", "clauses"], &[]);
    assert_eq!(
        (&verified["file"], &verified["outlet"], &verified["passed"]),
        (&json!(file), &json!(OUTLET), &json!(true))
    );
    for clause in verified["clauses"].as_array().unwrap() {
        has(clause, &["id", "verdict", "wanted", "found"], &[]);
        assert!(["pass", "warn", "fail", "not-checked"].contains(&clause["verdict"].as_str().unwrap()), "{clause}");
    }
    // Any other file is judged too, and found wanting.
    let told = stage.bookend(&["verify", "one.mp4", "--outlet", "youtube-1080p", "--json"]);
    told.ended(4);
    assert_eq!(told.outcome()["passed"], false);
}

#[test]
fn batch_tells_of_each_episode_and_then_of_all() {
    let stage = Stage::new();
    stage.show(&["source = \"one.mp4\"\nout = \"10f\""]);
    stage.write("text.mp4", "no film");
    let told =
        stage.bookend(&["batch", "two.mp4", "text.mp4", "show.toml", "--outlet", OUTLET, "--out", "out", "--json"]);
    // One that fails stops none.
    told.failed(3, &["text.mp4"]);
    let lines = told.lines();
    let episodes: Vec<_> = lines[..3]
        .iter()
        .map(|line| (line["episode"].as_str().unwrap(), line["deliverables"].as_array().unwrap().len()))
        .collect();
    assert_eq!(episodes, [("two", 1), ("text", 0), ("show", 1)]);
    has(&lines[3], &["run", "episodes", "delivered", "failed"], &[]);
    assert_eq!((&lines[3]["episodes"], &lines[3]["delivered"], &lines[3]["failed"]), (&json!(3), &json!(2), &json!(1)));
    assert_eq!(lines.len(), 4);
    assert_eq!(stage.files("out").len(), 6);
}

#[test]
fn outlets_come_with_the_source_of_every_clause() {
    let stage = Stage::new();
    let told = stage.bookend(&["outlets", "--json"]);
    told.ended(0);
    let names: Vec<_> = told.lines().iter().map(|line| line["outlet"].as_str().unwrap().to_owned()).collect();
    for name in ["youtube-1080p", "preview-360p", "master-prores"] {
        assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
        let told = stage.bookend(&["outlets", "show", name, "--json"]);
        told.ended(0);
        let clauses = told.outcome()["clauses"].as_array().unwrap().clone();
        assert!(!clauses.is_empty());
        assert!(clauses.iter().all(
            |clause| clause["id"].is_string() && clause["source"].as_str().is_some_and(|source| !source.is_empty())
        ));
    }
    assert!(!stage.path(".bookend").exists(), "asking for outlets makes no store");
}

#[test]
fn logs_and_progress_are_on_stderr_alone() {
    let stage = Stage::new();
    stage.show(&["source = \"one.mp4\"\nout = \"10f\""]);
    let told = stage.bookend(&["render", "show.toml", "--outlet", OUTLET, "--out", "out", "--json", "-vv"]);
    told.ended(0);
    assert_eq!(told.lines().len(), 1, "{told:#?}");
    assert!(told.err.contains("INFO") && told.err.contains("show: "), "{told:#?}");
    let told = stage.bookend(&["render", "show.toml", "--outlet", OUTLET, "--out", "out", "-q"]);
    assert!(told.err.is_empty(), "{told:#?}");
    // The same by the environment.
    let mut command = stage.command(&["plan", "show.toml", "--outlet", OUTLET]);
    let told = super::stage::Told::of(
        command.env("BOOKEND_JSON", "1").env("BOOKEND_STORE", stage.path(".bookend")).output().unwrap(),
    );
    assert_eq!(told.outcome()["totals"]["make"], 0);
}
