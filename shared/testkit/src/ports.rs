//! Ports that are still free when they are used.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the range that systems take for outgoing connections, of which a test has many: the system could give away a
/// port of that range between the look and the use.
const FIRST: u32 = 20_000;
const COUNT: u32 = 12_000;

/// An address of 127.0.0.1 that nobody listens on, and that this process names once.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Test binaries that run side by side begin at different places.
    let offset = std::process::id().wrapping_mul(7_919) % COUNT;
    for _ in 0..COUNT {
        let port = FIRST + (offset + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port as u16));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no free port from {FIRST} on");
}
