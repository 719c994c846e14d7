//! Renders a report page: `cargo run -p bookend-report --example sample_page -- FOLDER [REPORT.json] > page.html`.
//!
//! FOLDER holds the seam pictures; without a report it is the sample's.

use std::io::Write as _;
use std::path::PathBuf;

use bookend_report::Report;

mod sample;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name the folder of the seam pictures")?);
    let report = match arguments.next() {
        Some(path) => Report::from_json(&std::fs::read_to_string(path)?)?,
        None => sample::report(),
    };
    let page = bookend_report::page(&report, &|name| std::fs::read(folder.join(name)).ok());
    std::io::stdout().write_all(page.as_bytes())?;
    Ok(())
}
