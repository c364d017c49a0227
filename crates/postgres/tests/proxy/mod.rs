//! A proxy before a server, which lets a test do something to a connection amid what is sent.

use std::io;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_postgres::config::Host;

/// Looks at what a client sends, with the end of what it sent before, and may take the connection
/// over.
pub(crate) trait Meddler: Send + Sync + 'static {
    /// What is done to the connection instead of passing on what was sent.
    fn takes_over(&self, sent: &[u8]) -> Option<Takeover>;
}

/// What is done to a connection from here on. It ends when this does.
pub(crate) type Takeover = Box<dyn FnOnce(Taken) -> BoxFuture<'static, io::Result<()>> + Send>;

/// A connection that was taken over.
pub(crate) struct Taken {
    pub(crate) client: TcpStream,
    pub(crate) server: TcpStream,
    /// Sent by the client, and not passed on.
    pub(crate) sent: Vec<u8>,
}

/// The way to a server.
pub(crate) struct Proxy {
    /// What to connect to instead of the server.
    pub(crate) url: String,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A proxy before the server of a URL.
    pub(crate) async fn to(url: &str, meddler: Arc<impl Meddler>) -> Self {
        let server = address(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = listener.local_addr().unwrap().to_string();
        assert!(url.contains(&server), "{url} names {server}");
        let url = url.replacen(&server, &proxy, 1);
        let accepting = tokio::spawn(accept(listener, server, meddler));
        Self { url, accepting }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: String, meddler: Arc<impl Meddler>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(&server).await.unwrap();
        let meddler = Arc::clone(&meddler);
        tokio::spawn(async move {
            // Whichever side hangs up first: the other one is hung up on.
            let _hangup = forward(client, server, &*meddler).await;
        });
    }
}

/// Passes on what both sides say, until one of them is silent for good or the line is taken over.
async fn forward(
    mut client: TcpStream,
    mut server: TcpStream,
    meddler: &impl Meddler,
) -> io::Result<()> {
    let (mut sent, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    // The end of what was sent before: what is looked for may lie across two pieces.
    let mut sent_before = Vec::new();
    loop {
        tokio::select! {
            bytes = client.read(&mut sent) => {
                let bytes = &sent[..some(bytes?)?];
                sent_before.extend_from_slice(bytes);
                if let Some(takeover) = meddler.takes_over(&sent_before) {
                    let sent = bytes.to_vec();
                    return takeover(Taken { client, server, sent }).await;
                }
                server.write_all(bytes).await?;
                sent_before.drain(..sent_before.len().saturating_sub(15));
            }
            bytes = server.read(&mut answered) => {
                client.write_all(&answered[..some(bytes?)?]).await?;
            }
        }
    }
}

/// How many bytes came; none means that the other side hung up.
pub(crate) fn some(bytes: usize) -> io::Result<usize> {
    match bytes {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
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
