//! Makes one deliverable.

use bookend_jobs::facts::Facts;
use bookend_jobs::work::Assemble;
use bookend_jobs::{Key, MadeResult};

use super::{join, parts, prove};
use crate::{JobFolder, Progress, RecipeError};

/// Makes the one result of an Assemble job, read back and proved.
pub(crate) fn make(
    work: &Assemble,
    key: Key,
    job: &JobFolder<'_>,
    progress: Progress<'_>,
) -> Result<MadeResult, RecipeError> {
    let folder = job.result_folder(key)?;
    let chunks = parts::chunks(work, job)?;
    let bus = parts::bus(job)?;
    let rate = work.picture.rate();
    let frames: u64 = chunks.iter().map(|chunk| u64::from(chunk.facts.frames)).sum();
    let samples = rate.sample_of(i64::try_from(frames).unwrap_or(i64::MAX));
    if u64::try_from(samples) != Ok(bus.facts.samples) {
        return Err(RecipeError::Malformed(format!(
            "the picture lasts {samples} samples, the mix {}: they are of two programmes",
            bus.facts.samples
        )));
    }
    let name = format!("deliverable.{}", work.wrapper.extension());
    let path = folder.join(&name);
    let written = join::write(work, &chunks, &bus, &path, progress)?;
    progress(frames, frames * 2);
    let facts = prove::prove(work, &chunks, &bus, &path, &written, job.threads())?;
    progress(frames * 2, frames * 2);
    let mut files = vec![name];
    files.extend(facts.seams.iter().filter_map(|seam| seam.pictures.clone()).flat_map(|(a, b)| [a, b]));
    Ok(MadeResult { files, facts: Facts::Assemble(Box::new(facts)) })
}
