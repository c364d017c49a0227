//! The bank over HTTP with 64 clients: commands in a second and how far its read models lag; then
//! point queries of a read model.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use annals::http::Limits;
use annals_reference::bank::Bank;
use annals_reference::place::Place;
use annals_reference::routes::router;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::Outcome;
use crate::disk::syncs_per_second;
use crate::table::Table;

const CLIENTS: usize = 64;
const LOAD_FOR: Duration = Duration::from_secs(6);
/// How many accounts are asked for.
const ACCOUNTS: usize = 10_000;
const LAG_EVERY: Duration = Duration::from_millis(5);
const VISIBLE_WITHIN: Duration = Duration::from_secs(30);

type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) async fn measure(table: &mut Table) -> Outcome {
    let directory = TempDir::new()?;
    let syncs = syncs_per_second(directory.path())?;
    let bank = Bank::open(&Place::directory(directory.path())).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = router(bank.clone(), None, Limits::default());
    let server = tokio::spawn(async move { axum::serve(listener, service).await });

    let done = Arc::new(AtomicBool::new(false));
    let lag = tokio::spawn(measure_lag(bank.clone(), Arc::clone(&done)));
    let (rate, latencies) = load(address).await.map_err(|failure| failure.to_string())?;
    done.store(true, Ordering::Relaxed);
    let lag = lag.await?.map_err(|failure| failure.to_string())?;

    table.row(
        &format!("commands through HTTP, {CLIENTS} clients"),
        format!("{rate:.0}/s"),
        format!("{:.1} × serial fdatasync", rate / syncs),
    );
    table.percentiles("command latency under that load", latencies);
    table.percentiles("projection lag under that load, all four", lag);

    open_accounts(address)
        .await
        .map_err(|failure| failure.to_string())?;
    lag_now(bank.clone())
        .await
        .map_err(|failure| failure.to_string())?;
    let (rate, latencies) = ask(address).await.map_err(|failure| failure.to_string())?;
    table.row(
        &format!("GET /accounts/{{id}}, {CLIENTS} clients"),
        format!("{rate:.0}/s"),
        format!("{ACCOUNTS} accounts"),
    );
    table.percentiles("latency of such a query", latencies);
    server.abort();
    bank.stop().await;
    Ok(())
}

/// Every client deposits into an account of its own, one request after the other.
async fn load(address: SocketAddr) -> Result<(f64, Vec<Duration>), Failure> {
    let answered = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    let started = Instant::now();
    for number in 0..CLIENTS {
        let answered = Arc::clone(&answered);
        clients.spawn(async move {
            let mut client = Client::connect(address).await?;
            let account = format!("acc-{number}");
            client.open(&account).await?;
            let mut latencies = Vec::new();
            while started.elapsed() < LOAD_FOR {
                let sent = Instant::now();
                client.deposit(&account).await?;
                latencies.push(sent.elapsed());
                answered.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, Failure>(latencies)
        });
    }
    let mut latencies = Vec::new();
    while let Some(client) = clients.join_next().await {
        latencies.extend(client??);
    }
    let answered = answered.load(Ordering::Relaxed) as f64;
    Ok((answered / started.elapsed().as_secs_f64(), latencies))
}

/// Opens the accounts that are asked for, in as many requests at a time as there are clients.
async fn open_accounts(address: SocketAddr) -> Result<(), Failure> {
    let mut clients = JoinSet::new();
    for first in 0..CLIENTS {
        clients.spawn(async move {
            let mut client = Client::connect(address).await?;
            for number in (first..ACCOUNTS).step_by(CLIENTS) {
                client.open(&asked(number)).await?;
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    Ok(())
}

/// Every client asks for one account after the other, each beginning elsewhere.
async fn ask(address: SocketAddr) -> Result<(f64, Vec<Duration>), Failure> {
    let mut clients = JoinSet::new();
    let started = Instant::now();
    for first in 0..CLIENTS {
        clients.spawn(async move {
            let mut client = Client::connect(address).await?;
            let mut latencies = Vec::new();
            let mut number = first * ACCOUNTS / CLIENTS;
            while started.elapsed() < LOAD_FOR {
                // 7,919 is prime, so that it comes by all accounts, and never twice by neighbours.
                number = (number + 7_919) % ACCOUNTS;
                let sent = Instant::now();
                client.get(&asked(number)).await?;
                latencies.push(sent.elapsed());
            }
            Ok::<_, Failure>(latencies)
        });
    }
    let mut latencies = Vec::new();
    while let Some(client) = clients.join_next().await {
        latencies.extend(client??);
    }
    let rate = latencies.len() as f64 / started.elapsed().as_secs_f64();
    Ok((rate, latencies))
}

/// An account that is asked for.
fn asked(number: usize) -> String {
    format!("asked-{number}")
}

/// Again and again, at a pace that does not wait for slow answers: from the moment an event can be
/// read until the slowest read model shows it.
async fn measure_lag(bank: Bank, done: Arc<AtomicBool>) -> Result<Vec<Duration>, Failure> {
    let mut pace = tokio::time::interval(LAG_EVERY);
    let mut waiting = JoinSet::new();
    while !done.load(Ordering::Relaxed) {
        pace.tick().await;
        waiting.spawn(lag_now(bank.clone()));
    }
    let mut samples = Vec::new();
    while let Some(sample) = waiting.join_next().await {
        samples.push(sample??);
    }
    Ok(samples)
}

async fn lag_now(bank: Bank) -> Result<Duration, Failure> {
    let annals = bank.annals();
    let newest = annals.store().head().await?;
    let readable = Instant::now();
    for projection in annals.projections() {
        projection.wait_for(newest, VISIBLE_WITHIN).await?;
    }
    Ok(readable.elapsed())
}

/// One kept-alive connection.
struct Client {
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender })
    }

    async fn open(&mut self, account: &str) -> Result<(), Failure> {
        let body = format!(r#"{{"accountId":"{account}","ownerId":"bench"}}"#);
        self.post("/accounts", body, StatusCode::CREATED).await
    }

    async fn deposit(&mut self, account: &str) -> Result<(), Failure> {
        let body = r#"{"amount":"1.00","description":"bench"}"#.to_owned();
        let path = format!("/accounts/{account}/deposit");
        self.post(&path, body, StatusCode::OK).await
    }

    async fn get(&mut self, account: &str) -> Result<(), Failure> {
        let request = Request::get(format!("/accounts/{account}"))
            .header("host", "localhost")
            .body(Full::default())?;
        self.send(request, StatusCode::OK).await
    }

    async fn post(&mut self, path: &str, body: String, wanted: StatusCode) -> Result<(), Failure> {
        let request = Request::post(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))?;
        self.send(request, wanted).await
    }

    async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
        wanted: StatusCode,
    ) -> Result<(), Failure> {
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if status != wanted {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(())
    }
}
