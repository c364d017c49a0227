//! Free ports of the loopback interface.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

use crate::error::ServerError;

/// Below the ports that clients are given for their own end. While a server is down, a client
/// that tries to reach it could otherwise be given its port, and connect to itself.
const PORTS: std::ops::Range<u16> = 15_000..32_000;

/// In between, somebody may take a port that was free.
const ATTEMPTS: usize = 5;

/// Starts a server on a free port, or on another when somebody else was faster.
pub(crate) fn start_on_free<S>(
    start: impl Fn(u16) -> Result<S, ServerError>,
) -> Result<(u16, S), ServerError> {
    let mut attempts = 1;
    loop {
        let port = find_free()?;
        match start(port) {
            Err(ServerError::Failed { .. }) if attempts < ATTEMPTS && !is_free(port) => {
                attempts += 1;
            }
            outcome => return Ok((port, outcome?)),
        }
    }
}

/// A port nobody listens on.
fn find_free() -> Result<u16, ServerError> {
    let start = random(PORTS.len());
    let mut candidates = PORTS.skip(start).chain(PORTS.take(start));
    let port = candidates.find(|port| is_free(*port));
    port.ok_or(ServerError::NoFreePort)
}

/// Whether nobody listens on the port.
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Tests start servers at the same time, so they should not all try the same ports.
fn random(below: usize) -> usize {
    let hash = RandomState::new().hash_one(());
    usize::try_from(hash % below as u64).expect("less than `below`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_not_free() {
        let port = find_free().unwrap();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(!is_free(port));
    }

    #[test]
    fn a_server_whose_port_was_taken_gets_another() {
        let taken = std::cell::RefCell::new(Vec::new());
        let (port, ()) = start_on_free(|port| {
            if taken.borrow().len() == 2 {
                return Ok(());
            }
            let faster = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
            taken.borrow_mut().push(faster);
            Err(ServerError::Failed {
                program: "server",
                output: "port in use".to_owned(),
            })
        })
        .unwrap();
        assert!(is_free(port));
    }

    #[test]
    fn a_server_that_fails_for_another_reason_is_started_once() {
        let starts = std::cell::Cell::new(0);
        let outcome = start_on_free::<()>(|_| {
            starts.set(starts.get() + 1);
            Err(ServerError::Failed {
                program: "server",
                output: "no space left".to_owned(),
            })
        });
        assert!(outcome.is_err());
        assert_eq!(starts.get(), 1);
    }

    #[test]
    fn ports_differ_from_call_to_call() {
        let ports: std::collections::HashSet<_> = (0..20).flat_map(|_| find_free()).collect();
        assert!(ports.len() > 10);
    }
}
