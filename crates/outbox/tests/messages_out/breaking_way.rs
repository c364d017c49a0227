//! A way to a server that breaks once, at a place of the test's choice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Passes on what a server and its clients send, but for one piece, which is lost with its connection. That
/// may be a question or an answer.
pub(crate) struct BreakingWay {
    address: String,
    pieces: Arc<Pieces>,
}

struct Pieces {
    passed: AtomicUsize,
    breaks_at: usize,
    is_broken: AtomicBool,
}

impl BreakingWay {
    /// A way to `host:port` on which so many pieces pass before it breaks.
    pub(crate) async fn to(server: &str, breaks_at: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let pieces = Arc::new(Pieces {
            passed: AtomicUsize::new(0),
            breaks_at,
            is_broken: AtomicBool::new(false),
        });
        let (server, passing) = (server.to_owned(), Arc::clone(&pieces));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, server.clone(), Arc::clone(&passing)));
            }
        });
        Self { address, pieces }
    }

    /// Where it begins, `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Whether it broke.
    pub(crate) fn was_broken(&self) -> bool {
        self.pieces.is_broken.load(Ordering::Relaxed)
    }
}

impl Pieces {
    /// Whether the next piece passes.
    fn pass(&self) -> bool {
        let passes = self.passed.fetch_add(1, Ordering::Relaxed) != self.breaks_at;
        if !passes {
            self.is_broken.store(true, Ordering::Relaxed);
        }
        passes
    }
}

async fn connect(client: TcpStream, server: String, pieces: Arc<Pieces>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Whichever ends first ends the connection.
    tokio::select! {
        () = pass(from_client, to_server, &pieces) => {}
        () = pass(from_server, to_client, &pieces) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, pieces: &Pieces) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        if !pieces.pass() || to.write_all(&piece[..read]).await.is_err() {
            return;
        }
    }
}
