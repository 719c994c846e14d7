//! The build graph: every result that a run wants, and what each is made from.
//!
//! The seam between planning and carrying out. Whoever plans inserts requests; whoever carries out
//! ([`run`](crate::run)) asks what is missing and which results are made in one pass. A graph has no cycles: a key names
//! its inputs' keys, so an input always exists before what uses it.

use std::collections::{BTreeMap, BTreeSet};

use bookend_jobs::work::Work;
use bookend_jobs::{Engine, Input, JobMessage, Key, Request};

/// Every result that a run wants, by key.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Graph {
    nodes: BTreeMap<Key, Node>,
}

/// A wanted result.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// Its key.
    pub key: Key,
    /// What to make, and from what.
    pub request: Request,
    /// Where it belongs, for people; see [`About`].
    pub label: String,
    /// Programme frames in it, where it has such.
    pub frames: Option<u64>,
    /// CPU time that making it is expected to take, in milliseconds.
    pub cpu_estimate_ms: u64,
    /// Room that making it needs on local scratch, in bytes.
    pub scratch_bytes: u64,
}

/// What a planner knows of a result beside its request; none of it is in the key.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct About {
    /// Where it belongs, for people, for example `Act 1 · item 3 · frames 0–599`.
    pub label: String,
    /// Programme frames in it, where it has such.
    pub frames: Option<u64>,
    /// CPU time that making it is expected to take, in milliseconds.
    pub cpu_estimate_ms: u64,
    /// Room that making it needs on local scratch, in bytes, its own files included.
    pub scratch_bytes: u64,
}

impl Node {
    /// Returns the results it is made from, whether they are in the graph or not, each once.
    pub fn needs(&self) -> BTreeSet<Key> {
        self.request
            .inputs
            .values()
            .filter_map(|input| match input {
                Input::Result(key) => Some(*key),
                Input::Source(_) => None,
            })
            .collect()
    }
}

impl Graph {
    /// Makes an empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a wanted result and returns its key; one that is there already stays as it is.
    pub fn insert(&mut self, request: Request, engine: &Engine, about: About) -> Key {
        let key = request.key(engine);
        let About { label, frames, cpu_estimate_ms, scratch_bytes } = about;
        self.nodes.entry(key).or_insert(Node { key, request, label, frames, cpu_estimate_ms, scratch_bytes });
        key
    }

    /// Takes over all results of another graph.
    pub fn merge(&mut self, other: Graph) {
        for (key, node) in other.nodes {
            self.nodes.entry(key).or_insert(node);
        }
    }

    /// Returns the result of this key.
    #[must_use]
    pub fn get(&self, key: Key) -> Option<&Node> {
        self.nodes.get(&key)
    }

    /// Returns all results, by key.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &Node> {
        self.nodes.values()
    }

    /// Returns how many results it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns whether it has no result.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Returns for each result that something is made from, in the graph or not, what is made from it directly.
    #[must_use]
    pub fn dependants(&self) -> BTreeMap<Key, BTreeSet<Key>> {
        let mut all: BTreeMap<Key, BTreeSet<Key>> = BTreeMap::new();
        for node in self.nodes.values() {
            for needed in node.needs() {
                all.entry(needed).or_default().insert(node.key);
            }
        }
        all
    }

    /// Returns the jobs that would make every result, as sets of keys: those of one set can be made in one pass.
    ///
    /// Ordered by each set's first key, which says nothing of the programme.
    #[must_use]
    pub fn jobs(&self) -> Vec<BTreeSet<Key>> {
        let mut passes: BTreeMap<String, BTreeSet<Key>> = BTreeMap::new();
        for node in self.nodes.values() {
            let pass = shared_pass(&node.request).unwrap_or_else(|| node.key.to_string());
            passes.entry(pass).or_default().insert(node.key);
        }
        let mut passes: Vec<_> = passes.into_values().collect();
        passes.sort();
        passes
    }

    /// Writes the message for one pass: the results of `keys`, which share their inputs; None when none is in the graph.
    #[must_use]
    pub fn message(&self, keys: &BTreeSet<Key>, engine: &Engine, run_id: &str) -> Option<JobMessage> {
        let nodes: Vec<&Node> = keys.iter().filter_map(|key| self.nodes.get(key)).collect();
        let requests: Vec<Request> = nodes.iter().map(|node| node.request.clone()).collect();
        let scratch_bytes = nodes.iter().map(|node| node.scratch_bytes).fold(0, u64::saturating_add);
        (!requests.is_empty()).then(|| JobMessage::new(engine, &requests, vec![run_id.to_owned()], scratch_bytes))
    }
}

/// Names the pass that a request can share with others: the same pictures from the same inputs, whatever the encoding.
/// None for a request that is a pass of its own.
fn shared_pass(request: &Request) -> Option<String> {
    let Work::Picture(picture) = &request.work else { return None };
    let pass = (&picture.composition, picture.rate, picture.first, picture.frames, &request.inputs);
    serde_json::to_string(&pass).ok()
}

#[cfg(test)]
mod tests;
