//! A line that is cut at the commit of an append.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use annals_core::{Append, EventStore};
use annals_testing::ordering::{Line, Lost};
use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Opening;
use crate::proxy::{Meddler, Proxy, Taken, Takeover, some};

/// How a server says that a statement is over, and its transaction committed; and that it is over,
/// and its transaction goes on.
const READY: &[u8] = b"Z\0\0\0\x05I";
const READY_AMID: &[u8] = b"Z\0\0\0\x05T";

/// A store behind a proxy.
pub(crate) struct CutLine {
    store: Arc<dyn EventStore>,
    cuts: Arc<Cuts>,
    _proxy: Proxy,
}

/// Which appends are cut, known by the id of their first event, as it is sent.
#[derive(Default)]
struct Cuts {
    to_come: Mutex<Vec<([u8; 16], Lost)>>,
    done: AtomicUsize,
}

impl CutLine {
    /// A store at a URL, by way of the proxy.
    pub(crate) async fn to(url: &str, opening: Opening) -> Self {
        let cuts = Arc::new(Cuts::default());
        let proxy = Proxy::to(url, Arc::clone(&cuts)).await;
        let store = super::open(&proxy.url, opening).await;
        Self {
            store,
            cuts,
            _proxy: proxy,
        }
    }
}

impl Line for CutLine {
    fn store(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store)
    }

    fn cut(&self, append: &Append, lost: Lost) {
        let first = append.events().next().expect("an append has an event");
        let mark = first.id.0.into_bytes();
        self.cuts.to_come.lock().unwrap().push((mark, lost));
    }

    fn cuts(&self) -> usize {
        self.cuts.done.load(Ordering::Relaxed)
    }
}

impl Meddler for Cuts {
    /// Cuts the line at an append that is to be cut; each cut comes once.
    fn takes_over(&self, sent: &[u8]) -> Option<Takeover> {
        let mut to_come = self.to_come.lock().unwrap();
        let is_sent = |mark: &[u8; 16]| sent.windows(mark.len()).any(|bytes| bytes == mark);
        let hit: Vec<_> = to_come.extract_if(.., |(mark, _)| is_sent(mark)).collect();
        self.done.fetch_add(hit.len(), Ordering::Relaxed);
        match hit.first()?.1 {
            Lost::Request => Some(Box::new(|_| async { Ok(()) }.boxed())),
            Lost::Answer => Some(Box::new(|taken| swallow_answer(taken).boxed())),
        }
    }
}

/// Passes on the rest of a transaction and what is answered amid it, and keeps the last answer.
async fn swallow_answer(taken: Taken) -> io::Result<()> {
    let Taken {
        mut client,
        mut server,
        mut sent,
    } = taken;
    server.write_all(&sent).await?;
    let mut answer = Vec::new();
    sent.resize(65_536, 0);
    while !answer.ends_with(READY) {
        tokio::select! {
            bytes = client.read(&mut sent) => server.write_all(&sent[..some(bytes?)?]).await?,
            bytes = server.read_buf(&mut answer) => drop(some(bytes?)?),
        }
        if answer.ends_with(READY_AMID) {
            client.write_all(&answer).await?;
            answer.clear();
        }
    }
    Ok(())
}
