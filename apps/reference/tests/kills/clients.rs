//! Clients that ask for something and wait for its end, whatever happens to the service meanwhile.

use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

use crate::runs::{Post, Run};
use crate::service::send;

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(120);

/// Where the service is; elsewhere once it was started again. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Whereabouts(Arc<(Mutex<Place>, Condvar)>);

#[derive(Clone, Default)]
struct Place {
    moves: u64,
    address: String,
}

/// Those of a round at work: each carries out one run.
pub(crate) struct Clients(Vec<JoinHandle<()>>);

/// What the service answered.
pub(crate) struct Reply {
    text: String,
}

impl Whereabouts {
    /// From now on it is there.
    pub(crate) fn moved_to(&self, address: &str) {
        let (place, moved) = &*self.0;
        let mut place = place.lock().unwrap();
        place.moves += 1;
        address.clone_into(&mut place.address);
        moved.notify_all();
    }

    /// Posts until it is answered that it was carried out, under the same key wherever the service is.
    pub(crate) fn post(&self, key: &str, Post { path, body }: &Post) -> Reply {
        let body = body.to_string();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Content-Type: application/json\r\nIdempotency-Key: {key}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// Gets what is known, once it can be told.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ))
    }

    /// Sends it until it succeeds: again if the service is not there, or cannot answer yet.
    fn ask(&self, request: &str) -> Reply {
        loop {
            let place = self.0.0.lock().unwrap().clone();
            match send(&place.address, request, LONG) {
                Ok(text) if text.starts_with("HTTP/1.1 20") => return Reply { text },
                Ok(text) if text.starts_with("HTTP/1.1 503") => thread::yield_now(),
                Ok(text) if is_whole(&text) => panic!("{request}: {text}"),
                Ok(_) | Err(_) => self.wait_for_move(place.moves),
            }
        }
    }

    fn wait_for_move(&self, moves: u64) {
        let (place, moved) = &*self.0;
        let place = place.lock().unwrap();
        let waited = moved.wait_timeout_while(place, LONG, |place| place.moves == moves);
        assert!(!waited.unwrap().1.timed_out(), "nobody serves any more");
    }
}

impl Clients {
    /// Begins all of them.
    pub(crate) fn begin(runs: &[Run], service: &Whereabouts) -> Self {
        let client = |run: &Run| {
            let (run, service) = (run.clone(), service.clone());
            thread::spawn(move || carry_out(&run, &service))
        };
        Self(runs.iter().map(client).collect())
    }

    /// True if none has anything left to do.
    pub(crate) fn are_done(&self) -> bool {
        self.0.iter().all(JoinHandle::is_finished)
    }

    /// Waits for all, each of which must have ended as it had to.
    pub(crate) fn wait(self) {
        for client in self.0 {
            client.join().unwrap();
        }
    }
}

impl Reply {
    /// The version of everything that it knows of.
    pub(crate) fn position(&self) -> u64 {
        let headers = self.text.lines().take_while(|line| !line.is_empty());
        let mut headers = headers.filter_map(|line| line.split_once(": "));
        let position = headers.find(|(name, _)| name.eq_ignore_ascii_case("annals-position"));
        position.unwrap().1.parse().unwrap()
    }

    fn body(&self) -> Value {
        let (_, body) = self.text.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }
}

/// A service that is killed may have written half of its answer, or none.
fn is_whole(answer: &str) -> bool {
    answer.contains("\r\n\r\n")
}

/// Begins a run, and looks at it after each change until it is over.
fn carry_out(run: &Run, service: &Whereabouts) {
    let mut position = service.post(&run.id, &run.begin()).position();
    loop {
        let reply = service.get(&format!("{}?minPosition={position}", run.path()));
        let status = reply.body()["status"].as_str().unwrap().to_owned();
        if !matches!(status.as_str(), "requested" | "pending") {
            assert_eq!(status, run.kind.ending(), "{run:?}");
            return;
        }
        position = reply.position() + 1;
    }
}
