//! A proxy that cuts connections at the commit of an append.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use annals_core::{Append, EventStore};
use annals_testing::ordering::{Line, Lost};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_postgres::config::Host;

use super::Opening;

/// How a server says that a statement is over, and its transaction committed; and that it is over,
/// and its transaction goes on.
const READY: &[u8] = b"Z\0\0\0\x05I";
const READY_AMID: &[u8] = b"Z\0\0\0\x05T";

/// A store behind a proxy.
pub(crate) struct CutLine {
    store: Arc<dyn EventStore>,
    cuts: Arc<Cuts>,
    proxy: JoinHandle<()>,
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
        let server = address(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = listener.local_addr().unwrap().to_string();
        assert!(url.contains(&server), "{url} names {server}");
        let url = url.replacen(&server, &proxy, 1);
        let cuts = Arc::new(Cuts::default());
        let proxy = tokio::spawn(accept(listener, server, Arc::clone(&cuts)));
        let store = super::open(&url, opening).await;
        Self { store, cuts, proxy }
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

impl Drop for CutLine {
    fn drop(&mut self) {
        self.proxy.abort();
    }
}

impl Cuts {
    /// What is lost of the bytes that a client sent, if anything; each cut comes once.
    fn take(&self, sent: &[u8]) -> Option<Lost> {
        let mut to_come = self.to_come.lock().unwrap();
        let is_sent = |mark: &[u8; 16]| sent.windows(mark.len()).any(|bytes| bytes == mark);
        let hit: Vec<_> = to_come.extract_if(.., |(mark, _)| is_sent(mark)).collect();
        self.done.fetch_add(hit.len(), Ordering::Relaxed);
        hit.first().map(|(_, lost)| *lost)
    }
}

async fn accept(listener: TcpListener, server: String, cuts: Arc<Cuts>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(&server).await.unwrap();
        let cuts = Arc::clone(&cuts);
        tokio::spawn(async move {
            // Whichever side hangs up first: the other one is hung up on.
            let _hangup = forward(client, server, &cuts).await;
        });
    }
}

/// Passes on what both sides say, until one of them is silent for good or the line is cut.
async fn forward(mut client: TcpStream, mut server: TcpStream, cuts: &Cuts) -> std::io::Result<()> {
    let (mut sent, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    // The end of what was sent before: a mark may lie across two pieces.
    let mut sent_before = Vec::new();
    loop {
        tokio::select! {
            bytes = client.read(&mut sent) => {
                let bytes = &sent[..some(bytes?)?];
                sent_before.extend_from_slice(bytes);
                match cuts.take(&sent_before) {
                    Some(Lost::Request) => return Ok(()),
                    Some(Lost::Answer) => {
                        server.write_all(bytes).await?;
                        return swallow_answer(&mut client, &mut server).await;
                    }
                    None => server.write_all(bytes).await?,
                }
                sent_before.drain(..sent_before.len().saturating_sub(15));
            }
            bytes = server.read(&mut answered) => {
                client.write_all(&answered[..some(bytes?)?]).await?;
            }
        }
    }
}

/// Passes on the rest of a transaction and what is answered amid it, and keeps the last answer.
async fn swallow_answer(client: &mut TcpStream, server: &mut TcpStream) -> std::io::Result<()> {
    let mut answer = Vec::new();
    let mut sent = vec![0; 65_536];
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

/// How many bytes came; none means that the other side hung up.
fn some(bytes: usize) -> std::io::Result<usize> {
    match bytes {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        bytes => Ok(bytes),
    }
}

/// Host and port of a URL.
fn address(url: &str) -> String {
    let (server, _) = url.split_once('?').unwrap_or((url, ""));
    let config: tokio_postgres::Config = server.parse().unwrap();
    match (&config.get_hosts()[0], config.get_ports()) {
        (Host::Tcp(host), [port]) => format!("{host}:{port}"),
        other => panic!("the URL of a test server names a host and a port: {other:?}"),
    }
}
