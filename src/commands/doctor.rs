//! `bookend doctor`: is this machine fit for work?

use std::time::{Duration, SystemTime};

use bookend_store::{Ability, DirectoryStore, Prefix, S3Store, Store};
use serde::Serialize;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::say;
use crate::setup::Setup;
use crate::workplace;

/// FFmpeg 5.1 before this has known holes that hostile files reach.
const SAFE_PATCH: u32 = 10;
/// Less free space than this is told.
const ROOM_BYTES: u64 = 10 << 30;
/// A clock before this is wrong: 2026-01-01.
const EARLIEST: Duration = Duration::from_secs(1_767_225_600);

/// One finding.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    state: &'static str,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

fn good(check: &'static str, found: impl Into<String>) -> Finding {
    Finding { check, state: "ok", found: found.into(), remedy: None }
}

fn warn(check: &'static str, found: impl Into<String>, remedy: &str) -> Finding {
    Finding { check, state: "warn", found: found.into(), remedy: Some(remedy.to_owned()) }
}

fn bad(check: &'static str, found: impl Into<String>, remedy: &str) -> Finding {
    Finding { check, state: "fail", found: found.into(), remedy: Some(remedy.to_owned()) }
}

pub async fn run(setup: &Setup) -> Result<Exit, Failure> {
    let mut findings = vec![ffmpeg(), encoders(), filters(), child().await, clock()];
    findings.extend(store(setup).await);
    let failed = findings.iter().any(|finding| finding.state == "fail");
    for finding in &findings {
        if setup.json {
            say::json(finding);
        } else {
            let remedy = finding.remedy.as_ref().map_or_else(String::new, |remedy| format!("; {remedy}"));
            say::line_out(&format!("{:4}  {:9} {}{remedy}", finding.state, finding.check, finding.found));
        }
    }
    if setup.json {
        say::json(&json!({ "ok": !failed }));
    }
    let unreachable = findings.iter().any(|finding| finding.state == "fail" && finding.check == "store");
    Ok(match (failed, unreachable) {
        (false, _) => Exit::Done,
        (true, true) => Exit::Unreachable,
        (true, false) => Exit::Other,
    })
}

fn ffmpeg() -> Finding {
    let versions = bookend_media::versions();
    let found = format!(
        "FFmpeg {}, libavcodec {}.{}, x264 {}",
        versions.ffmpeg, versions.avcodec.0, versions.avcodec.1, versions.x264
    );
    if is_old(&versions.ffmpeg) {
        let remedy = "install 5.1.10 or newer: hostile files reach known holes in older ones";
        return warn("ffmpeg", found, remedy);
    }
    good("ffmpeg", found)
}

/// Tells whether a version is of 5.1 before its tenth patch.
fn is_old(version: &str) -> bool {
    let mut numbers =
        version.split(|character: char| !character.is_ascii_digit()).map(|digits| digits.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten(), numbers.next().flatten()) {
        (Some(5), Some(1), patch) => patch.unwrap_or(0) < SAFE_PATCH,
        (Some(major), _, _) => major < 5,
        _ => false,
    }
}

fn encoders() -> Finding {
    let missing: Vec<_> =
        ["libx264", "aac", "prores_ks"].into_iter().filter(|name| !bookend_media::has_encoder(name)).collect();
    if missing.is_empty() {
        good("encoders", "H.264, AAC and ProRes")
    } else {
        bad(
            "encoders",
            format!("missing: {}", missing.join(", ")),
            "install FFmpeg's libraries with them: Debian's libavcodec-extra",
        )
    }
}

fn filters() -> Finding {
    let missing: Vec<_> =
        ["scale", "bwdif", "zscale", "tonemap"].into_iter().filter(|name| !bookend_media::has_filter(name)).collect();
    if missing.is_empty() {
        good("filters", "scaling, deinterlacing, tone mapping")
    } else {
        warn(
            "filters",
            format!("missing: {}", missing.join(", ")),
            "install FFmpeg's libraries with them: Debian's libavfilter-extra",
        )
    }
}

async fn child() -> Finding {
    let asked = match workplace::spawner(0) {
        Ok(spawner) => workplace::ask(&spawner).await,
        Err(failure) => Err(failure),
    };
    match asked {
        Ok(engine) => good("child", format!("starts and answers: {engine}")),
        Err(failure) => {
            bad("child", failure.message, "media work runs in children; allow this program to start itself")
        }
    }
}

fn clock() -> Finding {
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(now) if now >= EARLIEST => {
            good("clock", jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
        }
        _ => bad("clock", "it is set in the past", "set it: decisions are ordered by time"),
    }
}

async fn store(setup: &Setup) -> Vec<Finding> {
    let open = match setup.place() {
        Ok(place) => place.open_if_there().await,
        Err(failure) => Err(failure),
    };
    match open {
        Ok(None) => vec![good("store", "there is none yet; ingest and render make it")],
        Err(failure) => vec![bad("store", failure.message, "see above")],
        Ok(Some(store)) => match (store.folder(), store.s3()) {
            (Some(folder), _) => on_disk(folder).await,
            (_, Some(s3)) => on_s3(s3).await,
            (None, None) => Vec::new(),
        },
    }
}

async fn on_disk(store: &DirectoryStore) -> Vec<Finding> {
    let mut findings = Vec::new();
    match probe(store).await {
        Ok(()) => findings.push(good("store", format!("{}: written, read and deleted", store.place()))),
        Err(failure) => findings.push(bad("store", failure.message, "check the disk and its permissions")),
    }
    match store.free_space() {
        Ok(free) if free >= ROOM_BYTES => findings.push(good("space", format!("{} GB free", free / 1_000_000_000))),
        Ok(free) => findings.push(warn(
            "space",
            format!("{} MB free", free / 1_000_000),
            "run `bookend gc`, or use another disk",
        )),
        Err(error) => findings.push(warn("space", error.to_string(), "check the disk")),
    }
    findings
}

/// Tells of everything that the service was tried for.
async fn on_s3(store: &S3Store) -> Vec<Finding> {
    let probe = match store.probe().await {
        Ok(probe) => probe,
        Err(error) => return vec![bad("store", error.to_string(), "see above")],
    };
    let told = |(what, ability): &(&'static str, Ability)| format!("{what}: {ability}");
    let mut findings = vec![if probe.is_usable() {
        good("store", format!("{}: written, read, listed and deleted", probe.place))
    } else {
        let lacking = probe.required.iter().filter(|(_, ability)| *ability != Ability::Yes).map(told);
        let lacking = lacking.collect::<Vec<_>>().join("; ");
        bad("store", format!("{}: {lacking}", probe.place), "use a service that can do this")
    }];
    findings.extend(probe.optional.iter().map(|each| good("store", told(each))));
    findings
}

/// Writes an object, reads it back and deletes it.
async fn probe(store: &DirectoryStore) -> Result<(), Failure> {
    let name = Prefix::all().name("doctor/probe")?;
    store.put_bytes(&name, b"probe".to_vec()).await?;
    let read = store.get_bytes(&name, 16).await?;
    store.delete(&name).await?;
    if read == b"probe" { Ok(()) } else { Err(Failure::other("what was written is not what is read")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_before_5_1_10_are_old() {
        assert!(is_old("5.1.9-0+deb12u1") && is_old("5.1.6") && is_old("4.4.2"));
        assert!(!is_old("5.1.10-0+deb12u1") && !is_old("6.1.1") && !is_old("n7.0"));
    }
}
