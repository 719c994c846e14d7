//! The store's own record, `bookend.json`: its format and the engine it belongs to.

use serde::{Deserialize, Serialize};

use crate::{Result, Store, StoreError, StoreErrorKind, layout};

/// The store format that this crate reads and writes.
pub const STORE_FORMAT: u32 = 1;

const LIMIT_BYTES: u64 = 64 * 1024;

/// What `bookend.json` says; see `FORMAT.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreMark {
    /// The store's format.
    pub format: u32,
    /// The engine whose results the store holds.
    pub engine: String,
}

impl StoreMark {
    /// Reads the mark; nothing if the store has none. Errors with `OtherFormat` on a format that is not ours.
    pub async fn read(store: &(impl Store + ?Sized)) -> Result<Option<Self>> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let name = layout::mark();
        let bytes = match store.get_bytes(&name, LIMIT_BYTES).await {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let malformed =
            |error: serde_json::Error| StoreError::Malformed { name: name.clone(), reason: error.to_string() };
        let Format { format } = serde_json::from_slice(&bytes).map_err(malformed)?;
        if format != STORE_FORMAT {
            return Err(StoreError::OtherFormat { place: store.place(), store: format, ours: STORE_FORMAT });
        }
        serde_json::from_slice(&bytes).map(Some).map_err(malformed)
    }

    /// Makes a store ours: checks its mark against `engine`, or writes one if it has none.
    ///
    /// Errors with `OtherFormat` or `OtherEngine`; both say what to do. Two programs of different engines that
    /// create one remote store in the same moment may both succeed; the later one's mark stays, and the other is
    /// told at its next start.
    pub async fn open_or_create(store: &(impl Store + ?Sized), engine: &str) -> Result<Self> {
        if Self::read(store).await?.is_none() {
            Self::write(store, engine).await?;
        }
        let mark = Self::read(store).await?.ok_or_else(|| StoreError::NotAStore { place: store.place() })?;
        mark.check_engine(&store.place(), engine)?;
        Ok(mark)
    }

    /// Errors with `OtherEngine` unless the mark's engine is `engine`.
    pub fn check_engine(&self, place: &str, engine: &str) -> Result<()> {
        if self.engine == engine {
            return Ok(());
        }
        Err(StoreError::OtherEngine { place: place.to_owned(), store: self.engine.clone(), ours: engine.to_owned() })
    }

    /// Writes the mark over whatever is there: for the operator, after draining every worker.
    pub async fn write(store: &(impl Store + ?Sized), engine: &str) -> Result<()> {
        let mark = Self { format: STORE_FORMAT, engine: engine.to_owned() };
        let bytes = serde_json::to_vec_pretty(&mark).expect("a number and a string are always JSON");
        store.put_bytes(&layout::mark(), bytes).await?;
        Ok(())
    }
}
