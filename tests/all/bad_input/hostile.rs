//! Names and titles that try to leave their place.

use std::fs;

use super::Good;
use crate::cli::stage::{OUTLET, Stage, rundown};

#[test]
fn an_id_names_files_and_so_is_checked() {
    let good = Good::render();
    for id in ["../../x", "/etc/x", "a/b", "..", ".hidden", "a b", "a\\u0000b", &"x".repeat(101)] {
        good.stage.write("show.toml", rundown(id, &["black = \"6f\""]));
        let told = good.stage.render("show");
        told.failed(2, &["show.toml:1", "\"id\" cannot be", "letters, digits"]);
        good.unharmed(&told);
    }
    let asset = good.stage.ingest("two.mp4");
    for piece in ["../../x", "a/b", "", ".x", &"x".repeat(300)] {
        good.stage.bookend(&["approve", &asset, "--piece", piece]).failed(2, &["piece's id"]);
        good.stage.bookend(&["reject", piece]).ended(2);
    }
    good.refuses("piece = \"../../x\"", 3, &["../../x"]);
    good.stage.bookend(&["status", "../../x"]).ended(2);
}

#[test]
fn a_hostile_title_stays_text() {
    let stage = Stage::new();
    let hostile = "../../x<script>alert(1)</script>&\\\"'\\u001b[31m\\u0007\\n";
    let long = "ä".repeat(5000);
    let text = format!(
        "title = \"{hostile}\"\n[house]\nraster = \"320x180\"\nrate = \"25\"\n[[segment]]\ntitle = \"<img src=x onerror=alert(1)>\"\n\
         [[segment.item]]\nslate = \"12f\"\ntitle = \"{hostile}\"\nrole = \"{hostile}\"\ntext = [\"{hostile}\", \"{long}\"]\n"
    );
    stage.write("show.toml", text);
    let told = stage.render("show");
    told.ended(0);
    let id = told.outcome()["episode"].as_str().unwrap().to_owned();
    assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{id}");
    let page = fs::read_to_string(stage.path(format!("out/{id}-{OUTLET}.report.html"))).unwrap();
    assert!(
        !page.contains("<script>alert") && !page.contains("<img src=x"),
        "the page shows titles, it does not run them"
    );
    assert!(page.contains("&lt;script&gt;alert(1)"), "and it does show them");
    // Everything that was made lies in the stage.
    assert_eq!(stage.files("out").len(), 3);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let stage = Stage::new();
    let name = "a\u{1b}[31m\u{7}\nb.mp4";
    fs::copy(stage.path("one.mp4"), stage.path(name)).unwrap();
    let asset = stage.bookend(&["ingest", name, "--json"]).lines()[0]["asset"].as_str().unwrap().to_owned();
    let plain = |told: &crate::cli::stage::Told| {
        let both = told.out.clone() + &told.err;
        assert!(
            !both.contains(|character: char| character.is_control() && character != '\n' && character != '\t'),
            "{both:?}"
        );
    };
    plain(&stage.bookend(&["ingest", name]));
    plain(&stage.bookend(&["approve", &asset]));
    let listed = stage.bookend(&["pieces"]);
    plain(&listed);
    assert_eq!(listed.out.lines().count(), 1, "a title is no line of its own: {listed:#?}");
    plain(&stage.bookend(&["probe", name]));
    plain(&stage.bookend(&["probe", "missing\u{1b}[31m.mp4"]));
    stage.show(&["source = \"missing\\u001b[31m.mp4\""]);
    let told = stage.render("show");
    told.ended(3);
    plain(&told);
}
