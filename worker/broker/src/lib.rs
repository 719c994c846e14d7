//! The Broker trait and its carriers.
