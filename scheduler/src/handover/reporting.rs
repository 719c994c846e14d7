//! The report of a deliverable, from its plan and the proofs of its parts.

use std::collections::{BTreeMap, BTreeSet};

use bookend_config::spec::{PictureEncoding, SoundEncoding};
use bookend_jobs::facts::{Facts, FileFacts, MixFacts, PictureFacts, PicturePackets, SoundFacts};
use bookend_jobs::{Commit, Key, Kind, KnownChunk, KnownSeam, KnownTone};
use bookend_report::{
    Credit, Episode, Expected, FileName, GaveWay, Item, ItemSource, LoudnessReport, OutletName, Programme,
    REPORT_VERSION, Report, Reuse, Seam, judge,
};
use bookend_store::{Digest, Store, layout};
use bookend_timeline::Point;
use bookend_units::{FrameRate, Timecode, TimecodeFormat};

use super::explain;
use super::{Changes, HandOver};
use crate::plan::{ItemSound, Origin, Placed, Plan, PlannedOutlet};
use crate::{SchedulerError, record};

/// The largest seam picture that is put into a report, in bytes.
const PICTURE_LIMIT_BYTES: u64 = 4 << 20;
/// The file of a chunk that tells its packets.
const PACKETS: &str = "packets.json";

/// Writes the report of one outlet's file.
///
/// # Errors
/// When a result that the file is made of is not there.
pub(super) async fn report(
    from: &HandOver<'_>,
    outlet: &PlannedOutlet,
    commit: &Commit,
    media: &str,
    changes: &Changes,
) -> Result<Report, SchedulerError> {
    let missing = |key: Key, what: &str| SchedulerError::Missing { key, what: what.to_owned() };
    let Facts::Assemble(facts) = &commit.facts else { return Err(missing(commit.key, "a deliverable")) };
    let stored = commit.files.get(media).ok_or_else(|| missing(commit.key, media))?;
    let Some(Facts::Mix(mix)) = from.outcome.commits.get(&outlet.mix).map(|commit| &commit.facts) else {
        return Err(missing(outlet.mix, "the mix"));
    };
    let plan = from.plan;
    let rundown = &plan.sourced.rundown;
    let reasons = explain::reasons(plan, outlet, &from.outcome.commits);
    let facts = FileFacts { stretches: explain::explain(&facts.stretches, &reasons), ..(**facts).clone() };
    let gave_way = facts.gave_way.clone().or_else(|| mix.gave_way.clone());
    let mut expected = Expected::programme(rundown.house.rate, u64::from(plan.programme.total_frames()));
    expected.cuts = plan.items.iter().skip(1).map(|item| u64::from(item.frames.start)).collect();
    expected.gave_way =
        gave_way.clone().map(|reason| GaveWay { reason, integrated_lufs: mix.measured.integrated_lufs });
    expected.explained = facts.stretches.iter().filter(|stretch| stretch.explained.is_some()).cloned().collect();
    let clauses = judge(&outlet.spec.clauses, &facts, Some(&expected));
    let chunks = chunks(from, outlet)?;
    let name = format!("{}-{}.{}", rundown.id, outlet.spec.name, outlet.spec.wrapper.extension());
    Ok(Report {
        version: REPORT_VERSION,
        episode: Episode {
            id: rundown.id.clone(),
            title: rundown.title.clone().unwrap_or_default(),
            series: rundown.series.clone(),
            season: rundown.season,
            number: rundown.number,
        },
        outlet: outlet_name(outlet),
        file: FileName { name, bytes: stored.bytes, sha256: stored.digest },
        engine: commit.engine.clone(),
        made: commit.committed,
        proof: facts.depth,
        programme: Programme {
            rate: rundown.house.rate,
            frames: expected.frames,
            samples: expected.samples,
            seams: seam_proofs(&chunks),
            chunks: chunk_proofs(from, outlet).await?,
            tone: tone(plan),
            mix: Some(outlet.mix),
        },
        items: items(from, outlet, mix, changes),
        seams: seams(rundown.house.rate, plan.items.as_slice(), &facts),
        loudness: LoudnessReport {
            target: outlet.spec.loudness.clone(),
            measured: facts.loudness.clone(),
            programme_gain_db: mix.programme_gain_db,
            limited: mix.limited,
            share_reduced: mix.share_reduced,
            gave_way,
        },
        clauses,
        stretches: facts.stretches.clone(),
        reuse: reuse(from, outlet),
        warnings: changes.iter().map(|(piece, how)| format!("piece `{piece}` {how}")).collect(),
    })
}

/// Fetches the pictures of a deliverable's seams, by name; those that are missing are left out.
///
/// # Errors
/// When the store fails.
pub(super) async fn pictures(store: &dyn Store, commit: &Commit) -> Result<BTreeMap<String, Vec<u8>>, SchedulerError> {
    let key = Digest::from(*commit.key.as_bytes());
    let mut pictures = BTreeMap::new();
    for (name, stored) in &commit.files {
        if !name.ends_with(".jpg") || stored.bytes > PICTURE_LIMIT_BYTES {
            continue;
        }
        let object = layout::result_file(&key, &commit.attempt.0, name)?;
        match store.get_bytes(&object, PICTURE_LIMIT_BYTES).await {
            Ok(bytes) => {
                pictures.insert(name.clone(), bytes);
            }
            Err(error) => tracing::warn!(%object, %error, "seam picture left out of the report"),
        }
    }
    Ok(pictures)
}

fn outlet_name(outlet: &PlannedOutlet) -> OutletName {
    let spec = &outlet.spec;
    let codec = match &spec.picture {
        PictureEncoding::H264(_) => "H.264",
        PictureEncoding::ProRes(_) => "ProRes 422 HQ",
    };
    let sound = match &spec.sound {
        SoundEncoding::Aac { bit_rate_bps } => format!("AAC-LC stereo {} kb/s", bit_rate_bps / 1000),
        SoundEncoding::Pcm { bits } => format!("PCM stereo {bits}-bit"),
    };
    OutletName {
        name: spec.name.clone(),
        title: outlet.title.clone(),
        edition: spec.version,
        picture: format!("{codec} {}, {} fps", spec.picture.raster(), spec.picture.rate()),
        sound,
    }
}

/// Returns each chunk's item and proof, in order.
fn chunks<'a>(
    from: &'a HandOver<'_>,
    outlet: &PlannedOutlet,
) -> Result<Vec<(usize, &'a PictureFacts)>, SchedulerError> {
    let proof = |key: Key| match from.outcome.commits.get(&key).map(|commit| &commit.facts) {
        Some(Facts::Picture(facts)) => Ok(&**facts),
        _ => Err(SchedulerError::Missing { key, what: "a chunk".to_owned() }),
    };
    outlet.chunks.iter().map(|chunk| Ok((chunk.item, proof(chunk.key)?))).collect()
}

/// Returns one digest over each chunk's packets': BLAKE3 over their digests as written, in decoding order.
async fn chunk_proofs(from: &HandOver<'_>, outlet: &PlannedOutlet) -> Result<Vec<KnownChunk>, SchedulerError> {
    let mut known: BTreeMap<Key, KnownChunk> = BTreeMap::new();
    let mut all = Vec::with_capacity(outlet.chunks.len());
    for chunk in &outlet.chunks {
        let proof = match known.get(&chunk.key) {
            Some(proof) => proof.clone(),
            None => chunk_proof(from, chunk.key).await?,
        };
        known.insert(chunk.key, proof.clone());
        all.push(proof);
    }
    Ok(all)
}

async fn chunk_proof(from: &HandOver<'_>, key: Key) -> Result<KnownChunk, SchedulerError> {
    let missing = || SchedulerError::Missing { key, what: "the packets of a chunk".to_owned() };
    let commit = from.outcome.commits.get(&key).ok_or_else(missing)?;
    let Facts::Picture(facts) = &commit.facts else { return Err(missing()) };
    let object = layout::result_file(&Digest::from(*key.as_bytes()), &commit.attempt.0, PACKETS)?;
    let packets: PicturePackets = record::read(from.store, &object).await?.ok_or_else(missing)?;
    let mut hasher = blake3::Hasher::new();
    for packet in &packets.packets {
        hasher.update(packet.digest.as_bytes());
    }
    Ok(KnownChunk { frames: facts.frames, packets: hasher.finalize().to_hex().to_string() })
}

fn tone(plan: &Plan) -> Vec<KnownTone> {
    let toned = plan.items.iter().filter(|item| matches!(item.plays, ItemSound::Tone));
    toned.map(|item| KnownTone { first: item.frames.start.into(), frames: item.frames.len() as u64 }).collect()
}

fn seam_proofs(chunks: &[(usize, &PictureFacts)]) -> Vec<KnownSeam> {
    let mut frame = 0;
    let mut proofs = Vec::new();
    for pair in chunks.windows(2) {
        let [(item, before), (next, after)] = pair else { continue };
        frame += u64::from(before.frames);
        if item != next {
            proofs.push(KnownSeam { frame, before: before.last_frame.clone(), after: after.first_frame.clone() });
        }
    }
    proofs
}

fn items(from: &HandOver<'_>, outlet: &PlannedOutlet, mix: &MixFacts, changes: &Changes) -> Vec<Item> {
    let plan = from.plan;
    let rate = plan.sourced.rundown.house.rate;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let items = plan.items.iter().enumerate().map(|(at, placed)| {
        let segment = plan.sourced.rundown.segments.get(placed.place.segment - 1);
        let first = u64::from(placed.frames.start);
        let (origin, piece, credits) = origin(&placed.origin);
        Item {
            segment: number(placed.place.segment),
            segment_title: segment.and_then(|segment| segment.title.clone()),
            number: number(at + 1),
            line: plan.sourced.is_rundown.then(|| number(placed.line)),
            title: placed.title.clone(),
            role: placed.role.clone(),
            origin,
            first,
            frames: u64::from(placed.frames.end) - first,
            timecode: timecode(first, rate),
            source: source(from, at, placed),
            gain: plan.sounds.get(at).copied().flatten().and(mix.items.get(at)).cloned(),
            conform: conform(from, outlet, at),
            credits,
            decision_changed: piece.as_ref().and_then(|piece| changes.get(piece)).cloned(),
            piece,
        }
    });
    items.collect()
}

fn origin(origin: &Origin) -> (bookend_report::Origin, Option<String>, Vec<Credit>) {
    match origin {
        Origin::Generated => (bookend_report::Origin::Generated, None, Vec::new()),
        Origin::InHouse { .. } => (bookend_report::Origin::InHouse, None, Vec::new()),
        Origin::Piece(approval) => {
            let credit =
                |credit: &crate::pieces::Credit| Credit { role: credit.role.clone(), name: credit.name.clone() };
            let credits = approval.credits.iter().map(credit).collect();
            (bookend_report::Origin::Piece, Some(approval.piece.clone()), credits)
        }
    }
}

fn source(from: &HandOver<'_>, at: usize, placed: &Placed) -> Option<ItemSource> {
    let sourced = from.plan.sourced.items.get(at)?;
    let media = sourced.media.as_ref()?;
    let span = placed.span.as_ref();
    let written = |point: Option<Point>, time| point.unwrap_or(Point::Seconds(time)).to_string();
    Some(ItemSource {
        name: media.label(),
        digest: media.digest,
        r#in: span.map(|span| written(sourced.cut.start, span.start)).unwrap_or_default(),
        out: span.map(|span| written(sourced.cut.end, span.end)).unwrap_or_default(),
    })
}

/// Collects what conform did to an item's picture and sound, each sentence once.
fn conform(from: &HandOver<'_>, outlet: &PlannedOutlet, item: usize) -> Vec<String> {
    let commits = &from.outcome.commits;
    let pictures = outlet.chunks.iter().filter(|chunk| chunk.item == item).map(|chunk| chunk.key);
    let keys = pictures.chain(from.plan.sounds.get(item).copied().flatten());
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for key in keys {
        let said: &[String] = match commits.get(&key).map(|commit| &commit.facts) {
            Some(Facts::Picture(facts)) => &facts.conform,
            Some(Facts::Sound(SoundFacts { conform, .. })) => conform,
            _ => &[],
        };
        all.extend(said.iter().filter(|sentence| seen.insert(sentence.as_str())).cloned());
    }
    all
}

fn seams(rate: FrameRate, items: &[Placed], facts: &FileFacts) -> Vec<Seam> {
    let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    let seam = |facts: &bookend_jobs::facts::SeamFacts| {
        let after = items.iter().position(|item| u64::from(item.frames.start) == facts.frame)?;
        let from_item = number(after.checked_sub(1)?);
        Some(Seam { from_item, to_item: number(after), timecode: timecode(facts.frame, rate), facts: facts.clone() })
    };
    facts.seams.iter().filter_map(seam).collect()
}

fn reuse(from: &HandOver<'_>, outlet: &PlannedOutlet) -> Vec<Reuse> {
    let keys = from.plan.results_of(outlet);
    let mut all: BTreeMap<Kind, Reuse> = BTreeMap::new();
    for key in keys {
        let Some(node) = from.plan.graph.get(key) else { continue };
        let kind = node.request.kind();
        let row = all.entry(kind).or_insert_with(|| Reuse {
            kind: kind.to_string(),
            total: 0,
            reused: 0,
            made: 0,
            cpu_ms: 0,
        });
        row.total += 1;
        if from.outcome.made.contains(&key) {
            row.made += 1;
            row.cpu_ms += from.outcome.commits.get(&key).map_or(0, |commit| commit.cpu_ms);
        } else {
            row.reused += 1;
        }
    }
    all.into_values().collect()
}

/// Returns a frame's timecode, drop-frame where the rate has it; a frame number where no timecode counts.
fn timecode(frame: u64, rate: FrameRate) -> String {
    let format = TimecodeFormat::new(rate, true).or_else(|_| TimecodeFormat::new(rate, false));
    format.map_or_else(|_| format!("frame {frame}"), |format| Timecode::from_frame(frame, format).to_string())
}
