//! The parts of a deliverable: chunks with their proofs, and the bus.

use std::path::PathBuf;

use bookend_jobs::facts::{Facts, MixFacts, PacketFacts, PictureFacts, PicturePackets};
use bookend_jobs::work::Assemble;

use crate::picture::PACKETS;
use crate::{JobFolder, RecipeError};

/// A chunk in its place.
pub(super) struct Chunk {
    pub file: PathBuf,
    /// First programme frame.
    pub first: u64,
    pub facts: PictureFacts,
    /// Packets in decoding order.
    pub packets: Vec<PacketFacts>,
}

/// The bus.
pub(super) struct Bus {
    /// Programme PCM, for finding the sound's lag.
    pub pcm: PathBuf,
    /// The file whose packets are copied.
    pub delivered: PathBuf,
    pub facts: MixFacts,
}

/// Takes the chunks in programme order; all must be of one encoder and as long as the request says.
pub(super) fn chunks(work: &Assemble, job: &JobFolder<'_>) -> Result<Vec<Chunk>, RecipeError> {
    let mut chunks: Vec<Chunk> = Vec::with_capacity(work.chunks.len());
    let mut first = 0;
    for wanted in &work.chunks {
        let Facts::Picture(facts) = job.facts(&wanted.input)? else {
            return Err(RecipeError::Malformed(format!("input `{}` is not a chunk", wanted.input)));
        };
        if let Some(one) = chunks.first()
            && one.facts.parameter_sets != facts.parameter_sets
        {
            return Err(RecipeError::Unproved(format!(
                "chunk `{}` was made by another encoder than the first: invalidate and make it again",
                wanted.input
            )));
        }
        let list = job.file(&wanted.input, PACKETS)?;
        let text =
            std::fs::read(list).map_err(|source| RecipeError::File { path: list.to_owned(), doing: "read", source })?;
        let packets: PicturePackets = serde_json::from_slice(&text).map_err(|error| {
            RecipeError::Unproved(format!("the packets of `{}` do not read: {error}", wanted.input))
        })?;
        if facts.frames != wanted.frames || packets.packets.len() != wanted.frames as usize {
            return Err(RecipeError::Unproved(format!(
                "chunk `{}` holds {} frames, the programme wants {}",
                wanted.input, facts.frames, wanted.frames
            )));
        }
        let file = job.file(&wanted.input, &facts.file)?.to_owned();
        chunks.push(Chunk { file, first, facts: facts.as_ref().clone(), packets: packets.packets });
        first += u64::from(wanted.frames);
    }
    if chunks.is_empty() {
        return Err(RecipeError::Malformed("a deliverable without chunks".into()));
    }
    Ok(chunks)
}

/// Takes the bus.
pub(super) fn bus(job: &JobFolder<'_>) -> Result<Bus, RecipeError> {
    let Facts::Mix(facts) = job.facts("mix")? else {
        return Err(RecipeError::Malformed("input `mix` is of another kind".into()));
    };
    let delivered = facts.encoded.as_ref().unwrap_or(&facts.pcm);
    Ok(Bus {
        pcm: job.file("mix", &facts.pcm)?.to_owned(),
        delivered: job.file("mix", delivered)?.to_owned(),
        facts: facts.as_ref().clone(),
    })
}
