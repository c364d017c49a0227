//! An import whose answer is lost finds out itself what became of it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use annals_servers::PostgresCluster;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::history::{SEVERAL_BATCHES, assert_holds, counts, history, import, open};
use crate::place::Place;

/// How a client asks for a commit, and how the server says that it is done.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
const READY: &[u8] = b"Z\0\0\0\x05I";

/// The way to a server, on which the answer to one commit is lost once it is told to.
struct Line {
    url: String,
    loses_next: Arc<AtomicBool>,
}

impl Line {
    async fn to(cluster: &PostgresCluster) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let url = cluster.url();
        let (_, server) = url.split_once('@').unwrap();
        let (server, _) = server.split_once('/').unwrap();
        let (server, url) = (server.to_owned(), url.replacen(server, &address, 1));
        let loses_next = Arc::new(AtomicBool::new(false));
        let is_lost = Arc::clone(&loses_next);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(&server).await.unwrap();
                let is_lost = Arc::clone(&is_lost);
                // Whichever side hangs up first: the other one is hung up on.
                tokio::spawn(async move { drop(forward(client, server, &is_lost).await) });
            }
        });
        Self { url, loses_next }
    }
}

async fn forward(
    mut client: TcpStream,
    mut server: TcpStream,
    loses_next: &AtomicBool,
) -> io::Result<()> {
    let (mut sent, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            bytes = client.read(&mut sent) => {
                let sent = &sent[..some(bytes?)?];
                server.write_all(sent).await?;
                if sent.ends_with(COMMIT) && loses_next.swap(false, Ordering::Relaxed) {
                    return lose_answer(&mut server).await;
                }
            }
            bytes = server.read(&mut answered) => {
                client.write_all(&answered[..some(bytes?)?]).await?;
            }
        }
    }
}

async fn lose_answer(server: &mut TcpStream) -> io::Result<()> {
    let mut answer = Vec::new();
    while !answer.ends_with(READY) {
        some(server.read_buf(&mut answer).await?)?;
    }
    Ok(())
}

/// How many bytes came; none means that the other side hung up.
fn some(bytes: usize) -> io::Result<usize> {
    match bytes {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        bytes => Ok(bytes),
    }
}

#[tokio::test]
async fn a_batch_whose_commit_is_not_answered_is_recorded_once() {
    let cluster = PostgresCluster::start().unwrap();
    let line = Line::to(&cluster).await;
    let store = open(&Place::on(line.url.clone())).await;
    let history = history(SEVERAL_BATCHES);
    line.loses_next.store(true, Ordering::Relaxed);

    let imported = import(&store, &history).await.unwrap();

    assert!(
        !line.loses_next.load(Ordering::Relaxed),
        "an answer was lost"
    );
    assert!(imported.repeated > 0 && imported.appends > 0, "{imported}");
    assert_eq!(imported.appends + imported.repeated, SEVERAL_BATCHES);
    assert_holds(&store, &history).await;
}

#[tokio::test]
async fn an_import_survives_a_crash_of_the_server() {
    let mut cluster = PostgresCluster::start().unwrap();
    let place = Place::on(cluster.url());
    let store = open(&place).await;
    let history = history(SEVERAL_BATCHES);
    let mut import = store.import();
    for (number, append) in history.iter().enumerate() {
        import.append(append.clone()).await.unwrap();
        if number % 4_000 == 3_999 {
            cluster.kill().unwrap();
            cluster.start_again().unwrap();
        }
    }
    let imported = import.finish().await.unwrap();
    assert_eq!(counts(imported), (SEVERAL_BATCHES, SEVERAL_BATCHES, 0));
    assert_holds(&store, &history).await;
}
