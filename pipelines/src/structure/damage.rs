//! What is wrong with bytes that break the rules of their format.

/// Bytes that break the rules of their format, or pass a limit that no sane file needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what}, at byte {at}")]
pub struct Damage {
    /// What is wrong.
    pub what: &'static str,
    /// Where, counted from the start of the file, or of the packet.
    pub at: u64,
}

impl Damage {
    /// States that `what` is wrong at byte `at`.
    pub const fn new(what: &'static str, at: u64) -> Self {
        Damage { what, at }
    }
}
