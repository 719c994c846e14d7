//! Where files are handed over, and whose files may be replaced there.

use std::fs;
use std::path::{Path, PathBuf};

use bookend_config::spec::OutletSpec;
use bookend_jobs::Digest;
use bookend_report::Report;
use bookend_store::{ObjectDigest, verify_file};
use rustix::fs::Access;

use crate::SchedulerError;

/// A folder that files are handed over to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destination {
    /// The folder; made when there is none.
    pub folder: PathBuf,
    /// Whether files of others may be replaced.
    pub force: bool,
}

/// The files of one deliverable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Names {
    /// The finished file.
    pub media: PathBuf,
    /// Its report as JSON.
    pub report: PathBuf,
    /// Its report as a page.
    pub page: PathBuf,
}

impl Names {
    fn in_folder(folder: &Path, stem: &str, extension: &str) -> Self {
        Names {
            media: folder.join(format!("{stem}.{extension}")),
            report: folder.join(format!("{stem}.report.json")),
            page: folder.join(format!("{stem}.report.html")),
        }
    }

    /// Reads the report that lies there; nothing when there is none, or it is not one.
    #[must_use]
    pub fn earlier_report(&self) -> Option<Report> {
        Report::from_json(&fs::read_to_string(&self.report).ok()?).ok()
    }
}

impl Destination {
    /// Returns the names of a deliverable's files: `<episode>-<outlet>.<extension>` and the report's beside it, in `failed/`
    /// when it did not pass.
    #[must_use]
    pub fn names(&self, episode: &str, outlet: &OutletSpec, passed: bool) -> Names {
        let folder = if passed { self.folder.clone() } else { self.folder.join("failed") };
        Names::in_folder(&folder, &format!("{episode}-{}", outlet.name), outlet.wrapper.extension())
    }

    /// Returns the names of a deliverable's files by the finished file's own.
    pub(super) fn names_of(&self, file: &str, passed: bool) -> Names {
        let folder = if passed { self.folder.clone() } else { self.folder.join("failed") };
        // The report may be another's doing: nothing in it leads out of the folder.
        let file = Path::new(file).file_name().unwrap_or_default().to_string_lossy();
        let (stem, extension) = file.rsplit_once('.').unwrap_or((&file, ""));
        Names::in_folder(&folder, stem, extension)
    }

    /// Checks that nothing but earlier files of Bookend's would be replaced.
    ///
    /// An earlier report's file, page and report are. So are the file that would be put there anyway (`content`, where
    /// known) and the page beside it: a hand-over that was cut short left them.
    ///
    /// # Errors
    /// With all files that are in the way; when the folder's place is taken by a file, or nothing may be written there.
    pub async fn check(&self, all: &[Names], content: &[Option<(Digest, u64)>]) -> Result<(), SchedulerError> {
        self.check_place()?;
        if self.force {
            return Ok(());
        }
        let mut paths = Vec::new();
        for (at, names) in all.iter().enumerate() {
            paths.extend(in_the_way(names, content.get(at).copied().flatten()).await);
        }
        if paths.is_empty() { Ok(()) } else { Err(SchedulerError::InTheWay { paths }) }
    }

    /// Checks that the folder is there or can be made, and may be written to, without making anything.
    fn check_place(&self) -> Result<(), SchedulerError> {
        let there = self.folder.ancestors().find(|folder| fs::metadata(folder).is_ok());
        // A relative path is below the working directory.
        let there = there.unwrap_or(Path::new("."));
        let problem = if !there.is_dir() {
            format!("{} cannot be the folder for the files: {} is a file", self.folder.display(), there.display())
        } else if !may_write(there) {
            format!("{} may not be written to", there.display())
        } else {
            return Ok(());
        };
        Err(SchedulerError::Request { problem, remedy: "choose another folder for --out".to_owned() })
    }
}

/// Whether files may be made in a folder that exists.
fn may_write(folder: &Path) -> bool {
    rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

async fn in_the_way(names: &Names, content: Option<(Digest, u64)>) -> Vec<PathBuf> {
    let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
    let file_name = names.media.file_name().and_then(|name| name.to_str());
    if names.earlier_report().is_some_and(|report| Some(report.file.name.as_str()) == file_name) {
        return Vec::new();
    }
    let ours = match content {
        Some((digest, bytes)) => holds(&names.media, digest, bytes).await,
        None => false,
    };
    let mut paths = Vec::new();
    if is_there(&names.media) && !ours {
        paths.push(names.media.clone());
    }
    if is_there(&names.page) && !ours {
        paths.push(names.page.clone());
    }
    if is_there(&names.report) {
        paths.push(names.report.clone());
    }
    paths
}

/// Tells whether a file holds exactly these bytes.
async fn holds(path: &Path, digest: Digest, bytes: u64) -> bool {
    let expected = ObjectDigest { sha256: bookend_store::Digest::from(*digest.as_bytes()), bytes };
    verify_file(path, &expected).await.is_ok()
}

#[cfg(test)]
mod tests;
