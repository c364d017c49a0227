//! A line on which an append comes late, or never.

use std::collections::HashMap;
use std::future::pending;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use annals_core::Append;
use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::proxy::{Meddler, Proxy, Taken, Takeover, some};

/// How a server says that a statement is over.
const READY: &[u8] = b"Z\0\0\0\x05I";

/// What a client says first.
const CONNECTS: &[u8] = b"application_name";

/// What an append is known by: the id of its first event, as it is sent.
type Mark = [u8; 16];

/// A line that is cut at appends, which it can deliver later.
pub(crate) struct LateLine {
    proxy: Proxy,
    delays: Arc<Delays>,
}

#[derive(Default)]
struct Delays {
    to_come: Mutex<Vec<Mark>>,
    watched: Mutex<HashMap<Mark, mpsc::UnboundedSender<()>>>,
    is_silent: AtomicBool,
    is_lost: AtomicBool,
    kept_back: Arc<Mutex<Vec<Taken>>>,
}

impl LateLine {
    /// A line to the server of a URL.
    pub(crate) async fn to(url: &str) -> Self {
        let delays = Arc::new(Delays::default());
        let proxy = Proxy::to(url, Arc::clone(&delays)).await;
        Self { proxy, delays }
    }

    /// The URL of its near end.
    pub(crate) fn url(&self) -> &str {
        &self.proxy.url
    }

    /// Cuts the line when `append` comes to it next, and keeps what was sent back.
    pub(crate) fn keep_back(&self, append: &Append) {
        self.delays.to_come.lock().unwrap().push(mark(append));
    }

    /// Passes nothing on any more, and leaves all connections open.
    pub(crate) fn fall_silent(&self) {
        self.delays.is_silent.store(true, Ordering::SeqCst);
    }

    /// Lets the server vanish: what comes from now on stays without an answer, until somebody
    /// connects anew.
    pub(crate) fn lose_connections(&self) {
        self.delays.is_lost.store(true, Ordering::SeqCst);
    }

    /// Tells each time that `append` comes to the line.
    pub(crate) fn watch(&self, append: &Append) -> mpsc::UnboundedReceiver<()> {
        let (seen, sightings) = mpsc::unbounded_channel();
        let mut watched = self.delays.watched.lock().unwrap();
        watched.insert(mark(append), seen);
        sightings
    }

    /// Delivers what was kept back, and waits until the server is done with it.
    pub(crate) async fn deliver(&self) {
        let kept_back = std::mem::take(&mut *self.delays.kept_back.lock().unwrap());
        for late in kept_back {
            carry_out(late).await.unwrap();
        }
    }
}

impl Meddler for Delays {
    fn takes_over(&self, sent: &[u8]) -> Option<Takeover> {
        if holds(sent, CONNECTS) {
            self.is_lost.store(false, Ordering::SeqCst);
        }
        if self.is_silent.load(Ordering::SeqCst) || self.is_lost.load(Ordering::SeqCst) {
            return Some(Box::new(|taken| stay_silent(taken).boxed()));
        }
        let is_sent = |mark: &Mark| holds(sent, mark);
        for (mark, seen) in &*self.watched.lock().unwrap() {
            if is_sent(mark) {
                let _no_longer_watched = seen.send(());
            }
        }
        let mut to_come = self.to_come.lock().unwrap();
        to_come.extract_if(.., |mark| is_sent(mark)).next()?;
        let kept_back = Arc::clone(&self.kept_back);
        Some(Box::new(move |taken| keep_back(taken, kept_back).boxed()))
    }
}

/// Hangs up on the client only.
async fn keep_back(mut taken: Taken, kept_back: Arc<Mutex<Vec<Taken>>>) -> io::Result<()> {
    taken.client.shutdown().await?;
    kept_back.lock().unwrap().push(taken);
    Ok(())
}

async fn stay_silent(_taken: Taken) -> io::Result<()> {
    pending().await
}

async fn carry_out(mut late: Taken) -> io::Result<()> {
    late.server.write_all(&late.sent).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(READY) {
        some(late.server.read_buf(&mut answer).await?)?;
    }
    Ok(())
}

fn holds(sent: &[u8], part: &[u8]) -> bool {
    sent.windows(part.len()).any(|bytes| bytes == part)
}

fn mark(append: &Append) -> Mark {
    let first = append.events().next().expect("an append has an event");
    first.id.0.into_bytes()
}
