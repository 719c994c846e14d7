//! What a plan would make and what it would reuse, for people and for `--json` (DESIGN 9).

use std::collections::BTreeSet;

use bookend_jobs::{Key, Kind};
use bookend_store::{Digest, Store, layout};
use serde::Serialize;

use crate::SchedulerError;
use crate::graph::{Graph, Node};

/// Every result of a plan.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Listing {
    /// The results: inspections first, deliverables last.
    pub results: Vec<Listed>,
    /// Their sums.
    pub totals: Totals,
}

/// One result of a plan.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Listed {
    /// Its kind.
    pub kind: Kind,
    /// Its key.
    pub key: Key,
    /// Whether it is made.
    pub action: Action,
    /// Why.
    pub why: String,
    /// Programme frames in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
    /// CPU time that making it is expected to take, in seconds; absent when it is reused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<f64>,
    /// Where it belongs.
    pub label: String,
}

/// Whether a result is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It exists.
    Reuse,
    /// It does not.
    Make,
}

/// Sums over a plan.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Totals {
    /// Results that exist.
    pub reuse: usize,
    /// Results that do not.
    pub make: usize,
    /// CPU time that making them is expected to take, in seconds.
    pub cpu_s: f64,
}

/// Asks the store which of these results exist.
///
/// # Errors
/// When the store fails.
pub async fn existing(store: &dyn Store, graph: &Graph) -> Result<BTreeSet<Key>, SchedulerError> {
    let mut keys = BTreeSet::new();
    for node in graph.nodes() {
        if store.exists(&layout::commit(&Digest::from(*node.key.as_bytes()))).await? {
            keys.insert(node.key);
        }
    }
    Ok(keys)
}

impl Listing {
    /// Lists a graph, of which the results `existing` exist.
    #[must_use]
    pub fn of(graph: &Graph, existing: &BTreeSet<Key>) -> Self {
        let mut nodes: Vec<&Node> = graph.nodes().collect();
        nodes.sort_by_key(|node| (node.request.kind(), order(&node.label)));
        let results: Vec<Listed> = nodes.into_iter().map(|node| listed(graph, node, existing)).collect();
        let mut totals = Totals::default();
        for listed in &results {
            match listed.action {
                Action::Reuse => totals.reuse += 1,
                Action::Make => totals.make += 1,
            }
            totals.cpu_s += listed.cpu_s.unwrap_or(0.0);
        }
        totals.cpu_s = (totals.cpu_s * 10.0).round() / 10.0;
        Listing { results, totals }
    }
}

fn listed(graph: &Graph, node: &Node, existing: &BTreeSet<Key>) -> Listed {
    let (action, why) = if existing.contains(&node.key) {
        (Action::Reuse, "it exists, and nothing that it is made of changed".to_owned())
    } else {
        (Action::Make, why_made(graph, node, existing))
    };
    #[allow(clippy::cast_precision_loss)]
    let cpu_s = (action == Action::Make).then_some(node.cpu_estimate_ms as f64 / 1000.0);
    Listed {
        kind: node.request.kind(),
        key: node.key,
        action,
        why,
        frames: node.frames,
        cpu_s,
        label: node.label.clone(),
    }
}

fn why_made(graph: &Graph, node: &Node, existing: &BTreeSet<Key>) -> String {
    let needs = node.needs();
    let missing = needs.iter().filter(|key| graph.get(**key).is_some() && !existing.contains(*key)).count();
    match (node.request.kind(), missing) {
        (Kind::Inspect, _) => "the source was never seen".to_owned(),
        (_, 0) => "nothing like it was made before".to_owned(),
        (_, missing) => format!("{missing} of the {} results that it is made of are made anew", needs.len()),
    }
}

/// Orders labels as people count: numbers by their value.
fn order(label: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = vec![(0, String::new())];
    for character in label.chars() {
        match character.to_digit(10) {
            Some(digit) => {
                if parts.last().is_some_and(|(_, text)| !text.is_empty()) {
                    parts.push((0, String::new()));
                }
                if let Some((number, _)) = parts.last_mut() {
                    *number = number.saturating_mul(10).saturating_add(u64::from(digit));
                }
            }
            None => {
                if let Some((_, text)) = parts.last_mut() {
                    text.push(character);
                }
            }
        }
    }
    parts
}
