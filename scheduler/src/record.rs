//! Records: small JSON objects that the scheduler keeps in the store.

use bookend_store::{Name, Store, StoreError, StoreErrorKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::SchedulerError;

/// The longest record that is read, in bytes: a plan of a long programme takes a few MB.
const RECORD_LIMIT_BYTES: u64 = 256 << 20;

/// Reads a record; nothing if there is none.
///
/// # Errors
/// When the store fails, or what lies there is not such a record.
pub(crate) async fn read<T: DeserializeOwned>(store: &dyn Store, name: &Name) -> Result<Option<T>, SchedulerError> {
    let bytes = match store.get_bytes(name, RECORD_LIMIT_BYTES).await {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let record = serde_json::from_slice(&bytes)
        .map_err(|error| StoreError::Malformed { name: name.clone(), reason: error.to_string() })?;
    Ok(Some(record))
}

/// Writes a record, whole.
///
/// # Errors
/// When the store fails.
pub(crate) async fn write<T: Serialize>(store: &dyn Store, name: &Name, record: &T) -> Result<(), SchedulerError> {
    let bytes = serde_json::to_vec_pretty(record)
        .map_err(|source| SchedulerError::Unwritable { name: name.clone(), source })?;
    store.put_bytes(name, bytes).await?;
    Ok(())
}

/// Writes a record under a name that is not written again, unless it is there already.
///
/// # Errors
/// When the store fails.
pub(crate) async fn write_once<T: Serialize>(store: &dyn Store, name: &Name, record: &T) -> Result<(), SchedulerError> {
    if store.exists(name).await? {
        return Ok(());
    }
    write(store, name, record).await
}
