//! Ingest: uploads become assets. One bad file never stops the others.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bookend_jobs::work::InspectLimits;
use bookend_jobs::{Digest, Engine, Key, Reason};
use bookend_store::{Listing, Store, layout};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::graph::Graph;
use crate::plan::{Media, unreadable};
use crate::run::Outcome;
use crate::sources::{self, SourceMemory};
use crate::{SchedulerError, record};

/// `assets/<asset>/<request>.json`: one upload of these bytes, and the results that make up the asset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AssetRecord {
    /// Format version, 1.
    pub version: u32,
    /// The file's name as it was given, without folders.
    pub name: String,
    /// Its Inspect result.
    pub inspect: Key,
    /// When it was ingested first under this name.
    pub at: Timestamp,
}

/// A file to ingest, its bytes in the store or refused.
#[derive(Clone, PartialEq, Debug)]
pub struct Upload {
    /// The file as it was named.
    pub path: PathBuf,
    /// Its bytes, or why they could not be taken.
    pub media: Result<Media, Reason>,
}

/// What came of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct Ingested {
    /// The file as it was named.
    pub path: PathBuf,
    /// The asset: the digest of its bytes; absent when they could not be read.
    pub asset: Option<Digest>,
    /// Why it was refused, and whether the file is at fault; absent when it is ready.
    pub refused: Option<(Reason, bool)>,
}

/// Puts a file's bytes into the store.
///
/// # Errors
/// When the store fails; a file that cannot be read is no error but refused.
pub async fn take_in(
    store: &dyn Store,
    memory: &mut SourceMemory,
    path: &Path,
    limits: &InspectLimits,
    now: SystemTime,
) -> Result<Upload, SchedulerError> {
    let media = match sources::digest(store, memory, path, now).await {
        Ok(file) => {
            sources::keep(store, memory, &file).await?;
            Ok(Media::uploaded(file, limits))
        }
        Err(SchedulerError::Store(error)) => Err(unreadable(&error).ok_or(error)?),
        Err(error) => return Err(error),
    };
    Ok(Upload { path: path.to_owned(), media })
}

/// Returns the inspections of all uploads that were taken in.
#[must_use]
pub fn inspections(uploads: &[Upload], engine: &Engine) -> Graph {
    let mut graph = Graph::new();
    for media in uploads.iter().filter_map(|upload| upload.media.as_ref().ok()) {
        media.insert_inspection(&mut graph, engine);
    }
    graph
}

/// Records an upload as an asset, if it was inspected.
///
/// # Errors
/// When the store fails.
pub async fn settle(
    store: &dyn Store,
    upload: &Upload,
    outcome: &Outcome,
    engine: &Engine,
    at: Timestamp,
) -> Result<Ingested, SchedulerError> {
    let path = upload.path.clone();
    let media = match &upload.media {
        Ok(media) => media,
        Err(reason) => return Ok(Ingested { path, asset: None, refused: Some((reason.clone(), true)) }),
    };
    let inspect = media.inspection().key(engine);
    let asset = Some(media.digest);
    if let Some(failure) = outcome.failures.iter().find(|failure| failure.key == inspect) {
        let at_fault = failure.disposition == bookend_jobs::Disposition::Refused;
        return Ok(Ingested { path, asset, refused: Some((failure.reason.clone(), at_fault)) });
    }
    let name = media.label();
    let record = AssetRecord { version: 1, name: name.clone(), inspect, at };
    let request = Digest::of(format!("{inspect}\n{name}").as_bytes()).to_string();
    let digest = bookend_store::Digest::from(*media.digest.as_bytes());
    record::write_once(store, &layout::asset(&digest, &request[..16])?, &record).await?;
    Ok(Ingested { path, asset, refused: None })
}

/// Finds the asset that a name or the beginning of one means.
///
/// # Errors
/// When there is none, or more than one; when the store fails.
pub async fn find(store: &dyn Store, asset: &str) -> Result<Digest, SchedulerError> {
    let unknown = || SchedulerError::UnknownAsset { asset: asset.to_owned() };
    let names = store.folders(&layout::assets()).await?;
    let mut fitting = names.iter().filter(|name| !asset.is_empty() && name.starts_with(asset));
    let first = fitting.next().ok_or_else(unknown)?;
    match fitting.count() {
        0 => first.parse().map_err(|_| unknown()),
        more => Err(SchedulerError::AmbiguousAsset { prefix: asset.to_owned(), count: more + 1 }),
    }
}

/// Reads what was recorded of an asset, the first upload first.
///
/// # Errors
/// When the store fails.
pub async fn records(store: &dyn Store, asset: Digest) -> Result<Vec<AssetRecord>, SchedulerError> {
    let digest = bookend_store::Digest::from(*asset.as_bytes());
    let mut records = Vec::new();
    for object in Listing::new(store, layout::asset_requests(&digest)).collect().await? {
        records.extend(record::read::<AssetRecord>(store, &object.name).await?);
    }
    records.sort_by_key(|record| record.at);
    Ok(records)
}
