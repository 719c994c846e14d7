//! Ports of this machine that nothing listens on.

use std::net::{Ipv4Addr, TcpListener};

/// Finds different ports on 127.0.0.1 that are free at this moment.
pub fn free<const COUNT: usize>() -> [u16; COUNT] {
    // All are held until all are known, so that no two are the same.
    let held = [(); COUNT].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port can be had"));
    held.map(|listener| listener.local_addr().expect("a listener has an address").port())
}
