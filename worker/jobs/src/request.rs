//! A request for one result, and the key that names it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::work::Work;
use crate::{Digest, Engine, Key, Kind};

/// What a result is made from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// A stored source, by the digest of its bytes.
    Source(Digest),
    /// Another result, by its key.
    Result(Key),
}

/// One wanted result: what to make, with every parameter that changes it, from which inputs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Request {
    /// What to make and how.
    pub work: Work,
    /// Inputs by the names that the recipe uses for them.
    pub inputs: BTreeMap<String, Input>,
}

/// The form that is hashed. Field order is part of the form; maps are ordered by name.
#[derive(Serialize)]
struct Canonical<'a> {
    form: u32,
    kind: Kind,
    revision: u32,
    engine: &'a Engine,
    work: &'a Work,
    inputs: &'a BTreeMap<String, Input>,
}

impl Request {
    /// Returns the kind of result asked for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.work.kind()
    }

    /// Computes the result's key: SHA-256 over the canonical form, version 1, as compact JSON in declaration order.
    ///
    /// # Panics
    /// Never: every part of a request serialises to JSON.
    #[must_use]
    pub fn key(&self, engine: &Engine) -> Key {
        let kind = self.kind();
        let form =
            Canonical { form: 1, kind, revision: kind.revision(), engine, work: &self.work, inputs: &self.inputs };
        let bytes =
            serde_json::to_vec(&form).expect("requests hold only strings, numbers, lists and string-keyed maps");
        Key::from_bytes(Sha256::digest(bytes).into())
    }
}
