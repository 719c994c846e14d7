//! Where things lie in a store: the one place that spells the folders.
//!
//! Digests and keys are 32 bytes and always fit. Ids that come from elsewhere (attempts, runs, pieces, episodes,
//! outlets, file names) are checked, so those functions can say [`StoreError::InvalidName`](crate::StoreError). Unless a function
//! says otherwise, each id is exactly one segment.

use crate::name::{check_segment, invalid};
use crate::{Digest, Name, Prefix, Result};

/// `bookend.json`: the store's format and engine.
pub fn mark() -> Name {
    fixed("bookend.json".to_owned())
}

/// `sources/<aa>/<digest>`: an upload's bytes, as they came.
pub fn source(digest: &Digest) -> Name {
    fixed(format!("sources/{}/{digest}", digest.shard()))
}

/// `sources/<aa>/<digest>.json`: the digests of an upload's blocks; written after the bytes, so that it marks them whole.
pub fn source_blocks(digest: &Digest) -> Name {
    fixed(format!("sources/{}/{digest}.json", digest.shard()))
}

/// `sources/`: all uploads.
pub fn sources() -> Prefix {
    folder("sources".to_owned())
}

/// `results/<aa>/<key>.json`: the commit that names an attempt's files as the result of a key.
pub fn commit(key: &Digest) -> Name {
    fixed(format!("results/{}/{key}.json", key.shard()))
}

/// `results/<aa>/<key>/<attempt>/<name>`: a file that a job made; `name` may have several segments.
pub fn result_file(key: &Digest, attempt: &str, name: &str) -> Result<Name> {
    segment(attempt)?;
    Name::parse(&format!("results/{}/{key}/{attempt}/{name}", key.shard()))
}

/// `results/<aa>/<key>/`: the files of all attempts at a key.
pub fn result_attempts(key: &Digest) -> Prefix {
    folder(format!("results/{}/{key}", key.shard()))
}

/// `results/`: all commits and results.
pub fn results() -> Prefix {
    folder("results".to_owned())
}

/// `verdicts/<aa>/<key>/<attempt>.json`: how an attempt ended badly.
pub fn verdict(key: &Digest, attempt: &str) -> Result<Name> {
    verdicts(key).name(&json(attempt)?)
}

/// `verdicts/<aa>/<key>/`: all bad endings of a key.
pub fn verdicts(key: &Digest) -> Prefix {
    folder(format!("verdicts/{}/{key}", key.shard()))
}

/// `verdicts/`: all bad endings.
pub fn all_verdicts() -> Prefix {
    folder("verdicts".to_owned())
}

/// `claims/<aa>/<key>/<attempt>.json`: a long job that goes on after its message was settled.
pub fn claim(key: &Digest, attempt: &str) -> Result<Name> {
    claims(key).name(&json(attempt)?)
}

/// `claims/<aa>/<key>/`: the claims on a key.
pub fn claims(key: &Digest) -> Prefix {
    folder(format!("claims/{}/{key}", key.shard()))
}

/// `claims/`: all claims.
pub fn all_claims() -> Prefix {
    folder("claims".to_owned())
}

/// `assets/<asset>/<request>.json`: which results make up an asset, for one request.
pub fn asset(asset: &Digest, request: &str) -> Result<Name> {
    asset_requests(asset).name(&json(request)?)
}

/// `assets/<asset>/`: what was ever made of an asset.
pub fn asset_requests(asset: &Digest) -> Prefix {
    folder(format!("assets/{asset}"))
}

/// `assets/`: all assets.
pub fn assets() -> Prefix {
    folder("assets".to_owned())
}

/// `pieces/<piece>/<time-id>.json`: one decision about a piece.
pub fn piece_fact(piece: &str, time_id: &str) -> Result<Name> {
    piece_facts(piece)?.name(&json(time_id)?)
}

/// `pieces/<piece>/`: all decisions about a piece.
pub fn piece_facts(piece: &str) -> Result<Prefix> {
    segment(piece)?;
    Prefix::folder(&format!("pieces/{piece}"))
}

/// `pieces/`: all pieces.
pub fn pieces() -> Prefix {
    folder("pieces".to_owned())
}

/// `runs/<run>/request.json`: what a run was asked to do.
pub fn run_request(run: &str) -> Result<Name> {
    self::run(run)?.name("request.json")
}

/// `runs/<run>/plan.json`: the keys that a run's plan names.
pub fn run_plan(run: &str) -> Result<Name> {
    self::run(run)?.name("plan.json")
}

/// `runs/<run>/facts/<name>`: something that happened to a run; `name` may have several segments.
pub fn run_fact(run: &str, name: &str) -> Result<Name> {
    run_facts(run)?.name(name)
}

/// `runs/<run>/facts/`: everything that happened to a run.
pub fn run_facts(run: &str) -> Result<Prefix> {
    segment(run)?;
    Prefix::folder(&format!("runs/{run}/facts"))
}

/// `runs/<run>/reports/<name>`: a report as a run gave it.
pub fn run_report(run: &str, name: &str) -> Result<Name> {
    segment(name)?;
    self::run(run)?.name(&format!("reports/{name}"))
}

/// `runs/<run>/`: a run.
pub fn run(run: &str) -> Result<Prefix> {
    segment(run)?;
    Prefix::folder(&format!("runs/{run}"))
}

/// `runs/`: all runs; their ids are its [`folders`](crate::Store::folders).
pub fn runs() -> Prefix {
    folder("runs".to_owned())
}

/// `open/<run>`: a run that has not ended.
pub fn open_run(run: &str) -> Result<Name> {
    segment(run)?;
    Name::parse(&format!("open/{run}"))
}

/// `open/`: all runs that have not ended.
pub fn open_runs() -> Prefix {
    folder("open".to_owned())
}

/// `inbox/`: where others put uploads before they ask for them to be ingested.
pub fn inbox() -> Prefix {
    folder("inbox".to_owned())
}

/// `deliverables/<episode>/<outlet>/<key>/manifest.json`: the names and result files of a deliverable.
pub fn deliverable(episode: &str, outlet: &str, key: &Digest) -> Result<Name> {
    deliverable_keys(episode, outlet)?.name(&format!("{key}/manifest.json"))
}

/// `deliverables/<episode>/<outlet>/current.json`: what the newest request made.
pub fn deliverable_current(episode: &str, outlet: &str) -> Result<Name> {
    deliverable_keys(episode, outlet)?.name("current.json")
}

/// `deliverables/<episode>/<outlet>/`: every deliverable of an episode for an outlet.
pub fn deliverable_keys(episode: &str, outlet: &str) -> Result<Prefix> {
    segment(episode)?;
    segment(outlet)?;
    Prefix::folder(&format!("deliverables/{episode}/{outlet}"))
}

/// `deliverables/`: all deliverables.
pub fn deliverables() -> Prefix {
    folder("deliverables".to_owned())
}

/// `<stem>.json`, checked to be one segment.
fn json(stem: &str) -> Result<String> {
    segment(stem)?;
    Ok(format!("{stem}.json"))
}

fn segment(text: &str) -> Result<()> {
    check_segment(text).map_err(|reason| invalid(text, reason))
}

fn fixed(name: String) -> Name {
    Name::parse(&name).expect("made of fixed folders and hexadecimal digits, which are valid in a name")
}

fn folder(path: String) -> Prefix {
    Prefix::folder(&path).expect("made of fixed folders and hexadecimal digits, which are valid in a name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_design_s() {
        let key = Digest::from([0xab; 32]);
        let hex = "ab".repeat(32);
        assert_eq!(source(&key).as_str(), format!("sources/ab/{hex}"));
        assert_eq!(source_blocks(&key).as_str(), format!("sources/ab/{hex}.json"));
        assert_eq!(commit(&key).as_str(), format!("results/ab/{hex}.json"));
        assert_eq!(result_file(&key, "t1", "hls/a.m3u8").unwrap().as_str(), format!("results/ab/{hex}/t1/hls/a.m3u8"));
        assert_eq!(verdict(&key, "t1").unwrap().as_str(), format!("verdicts/ab/{hex}/t1.json"));
        assert_eq!(claim(&key, "t1").unwrap().as_str(), format!("claims/ab/{hex}/t1.json"));
        assert_eq!(asset(&key, "q").unwrap().as_str(), format!("assets/{hex}/q.json"));
        assert_eq!(piece_fact("the-river", "1-a").unwrap().as_str(), "pieces/the-river/1-a.json");
        assert_eq!(run_request("r").unwrap().as_str(), "runs/r/request.json");
        assert_eq!(run_plan("r").unwrap().as_str(), "runs/r/plan.json");
        assert_eq!(run_fact("r", "1.json").unwrap().as_str(), "runs/r/facts/1.json");
        assert_eq!(open_run("r").unwrap().as_str(), "open/r");
        assert_eq!(deliverable("e", "o", &key).unwrap().as_str(), format!("deliverables/e/o/{hex}/manifest.json"));
        assert_eq!(deliverable_current("e", "o").unwrap().as_str(), "deliverables/e/o/current.json");
    }

    #[test]
    fn an_id_cannot_reach_another_folder() {
        let key = Digest::from([0; 32]);
        for id in ["../x", "a/b", "", ".", "a b"] {
            assert!(result_file(&key, id, "x").is_err(), "{id:?}");
            assert!(verdict(&key, id).is_err(), "{id:?}");
            assert!(open_run(id).is_err(), "{id:?}");
            assert!(run_plan(id).is_err(), "{id:?}");
            assert!(piece_facts(id).is_err(), "{id:?}");
            assert!(deliverable_current("e", id).is_err(), "{id:?}");
        }
    }
}
