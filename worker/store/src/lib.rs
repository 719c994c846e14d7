//! The Store trait and its back ends.
