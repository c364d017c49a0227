//! Clients that pay and look at their payments all the time, and check every row they are shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Failure;
use crate::history::{self, EVENTS_EACH};
use crate::service::Client;

/// Each has accounts of its own.
pub(crate) const WRITERS: u64 = 4;
const WRITE_EVERY: Duration = Duration::from_millis(10);
const READERS: u64 = 4;
const READ_EVERY: Duration = Duration::from_millis(4);
/// Most payments on a page.
const PAGE: u64 = 100;

/// Clients at work.
pub(crate) struct Traffic {
    shared: Arc<Shared>,
    clients: JoinSet<Result<Vec<Sample>, Failure>>,
}

/// What clients know of each other.
struct Shared {
    client: Client,
    accounts: Vec<Acknowledged>,
    done: AtomicBool,
    /// Odd while the service is down.
    interruptions: AtomicU64,
}

/// How far an account is for certain.
struct Acknowledged {
    version: AtomicU64,
    position: AtomicU64,
}

/// How long a query took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) sent: Instant,
    pub(crate) took: Duration,
}

impl Traffic {
    /// On accounts as they were recorded.
    pub(crate) fn begin(client: Client, accounts: u64) -> Self {
        let acknowledged = |_| Acknowledged {
            version: EVENTS_EACH.into(),
            position: 0.into(),
        };
        let shared = Arc::new(Shared {
            client,
            accounts: (0..accounts).map(acknowledged).collect(),
            done: false.into(),
            interruptions: 0.into(),
        });
        let mut clients = JoinSet::new();
        for number in 0..WRITERS {
            clients.spawn(write(Arc::clone(&shared), number));
        }
        for number in 0..READERS {
            clients.spawn(read(Arc::clone(&shared), number));
        }
        Self { shared, clients }
    }

    /// The service goes down, or is up again: what fails in between is no fault.
    pub(crate) fn interrupt(&self) {
        self.shared.interruptions.fetch_add(1, Ordering::SeqCst);
    }

    /// Ends it: how long each query took that waited for nothing.
    pub(crate) async fn end(mut self) -> Result<(Vec<Sample>, Acknowledgements), Failure> {
        self.shared.done.store(true, Ordering::Relaxed);
        let mut samples = Vec::new();
        while let Some(client) = self.clients.join_next().await {
            samples.extend(client??);
        }
        Ok((samples, Acknowledgements(self.shared)))
    }
}

/// What was acknowledged to all clients.
pub(crate) struct Acknowledgements(Arc<Shared>);

impl Acknowledgements {
    /// How many payments there were.
    pub(crate) fn payments(&self) -> u64 {
        let versions = self.0.accounts.iter();
        let versions = versions.map(|account| account.version.load(Ordering::SeqCst));
        versions.map(|version| version - EVENTS_EACH).sum()
    }

    /// Looks at every payment of every account. Answers with how many there are.
    pub(crate) async fn check_all(&self) -> Result<u64, Failure> {
        let mut rows = 0;
        for (number, account) in (0..).zip(&self.0.accounts) {
            let mut version = account.version.load(Ordering::SeqCst);
            let position = account.position.load(Ordering::SeqCst);
            let mut cursor = String::new();
            while version > 1 {
                let path = format!("{}&minPosition={position}{cursor}", page(number));
                let body = get(&self.0.client, &path).await?;
                let data = body["data"].as_array().ok_or("a page has data")?;
                check_rows(data, version)?;
                rows += data.len() as u64;
                version -= data.len() as u64;
                let next = body["pagination"]["nextCursor"].as_str();
                cursor = next.map_or(String::new(), |next| format!("&cursor={next}"));
                if version > 1 && cursor.is_empty() {
                    return Err(format!("account {number} ends at version {version}").into());
                }
            }
        }
        Ok(rows)
    }
}

impl Shared {
    /// Runs something that may fail while the service is down.
    async fn unless_interrupted<T>(
        &self,
        asked: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Option<T>, Failure> {
        let before = self.interruptions.load(Ordering::SeqCst);
        let answer = asked.await;
        let after = self.interruptions.load(Ordering::SeqCst);
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(_) if before % 2 == 1 || before != after => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }
}

/// Pays into and out of accounts that no other writer has, each payment once.
async fn write(shared: Arc<Shared>, writer: u64) -> Result<Vec<Sample>, Failure> {
    let mut pace = tokio::time::interval(WRITE_EVERY);
    let mut random = Random(writer);
    while !shared.is_done() {
        pace.tick().await;
        let each = shared.accounts.len() as u64 / WRITERS;
        let number = random.below(each) * WRITERS + writer;
        // The same again until it is acknowledged, under the same key.
        while shared
            .unless_interrupted(pay(&shared, number))
            .await?
            .is_none()
        {
            pace.tick().await;
        }
    }
    Ok(Vec::new())
}

async fn pay(shared: &Shared, number: u64) -> Result<(), Failure> {
    let account = &shared.accounts[usize::try_from(number)?];
    let version = account.version.load(Ordering::SeqCst) + 1;
    let way = match history::is_withdrawal(version) {
        true => "withdraw",
        false => "deposit",
    };
    let name = history::account(number);
    let body = json!({ "amount": history::amount(version) });
    let key = format!("{name}-{version}");
    let path = format!("/accounts/{name}/{way}");
    let answer = shared.client.post(&path, &body, Some(&key)).await?;
    if answer.body["version"] != json!(version) {
        return Err(format!("version {version} of {name}: {}", answer.body).into());
    }
    let position = answer.headers.get("annals-position");
    let position = position.ok_or("an answer tells its position")?.to_str()?;
    account.position.store(position.parse()?, Ordering::SeqCst);
    account.version.store(version, Ordering::SeqCst);
    Ok(())
}

/// Looks at the newest payments of any account, in turns as they are and as they must be at least.
async fn read(shared: Arc<Shared>, reader: u64) -> Result<Vec<Sample>, Failure> {
    let mut pace = tokio::time::interval(READ_EVERY);
    let mut random = Random(1_000 + reader);
    let mut samples = Vec::new();
    let mut seen = vec![0; shared.accounts.len()];
    while !shared.is_done() {
        pace.tick().await;
        let number = random.below(shared.accounts.len() as u64);
        let seen = &mut seen[usize::try_from(number)?];
        let sent = Instant::now();
        let version = look(&shared, number, *seen);
        if let Some(version) = shared.unless_interrupted(version).await? {
            let took = sent.elapsed();
            samples.push(Sample { sent, took });
            *seen = version;
        }
        let own = look_for_own(&shared, number);
        shared.unless_interrupted(own).await?;
    }
    Ok(samples)
}

/// The newest payments as they are: none of them missing, and not older than they were before.
async fn look(shared: &Shared, number: u64, seen: u64) -> Result<u64, Failure> {
    let body = get(&shared.client, &page(number)).await?;
    check_page(&body, seen.max(EVENTS_EACH))
}

/// The newest payments as whoever made the last one must see them.
async fn look_for_own(shared: &Shared, number: u64) -> Result<(), Failure> {
    let account = &shared.accounts[usize::try_from(number)?];
    // In this order: the version is stored last.
    let version = account.version.load(Ordering::SeqCst);
    let position = account.position.load(Ordering::SeqCst);
    let path = format!("{}&minPosition={position}", page(number));
    let body = get(&shared.client, &path).await?;
    check_page(&body, version)?;
    Ok(())
}

fn page(number: u64) -> String {
    let name = history::account(number);
    format!("/accounts/{name}/transactions?limit={PAGE}")
}

async fn get(client: &Client, path: &str) -> Result<Value, Failure> {
    let answer = client.get(path).await?;
    match answer.status.as_u16() {
        200 => Ok(answer.body),
        status => Err(format!("{status}: {}", answer.body).into()),
    }
}

/// Answers with the newest version, which is at least so new.
fn check_page(body: &Value, at_least: u64) -> Result<u64, Failure> {
    let data = body["data"].as_array().ok_or("a page has data")?;
    let newest = data.first().and_then(|row| row["version"].as_u64());
    let newest = newest.ok_or("an account has payments")?;
    if newest < at_least {
        return Err(format!("version {at_least} is not shown: {newest} is the newest").into());
    }
    // An account is opened by its first event, which is no payment.
    let expected = PAGE.min(newest - 1);
    if data.len() as u64 != expected {
        return Err(format!("of {expected} payments {} are shown", data.len()).into());
    }
    check_rows(data, newest)?;
    Ok(newest)
}

/// Each row is the one that must be there, from this version downwards.
fn check_rows(data: &[Value], newest: u64) -> Result<(), Failure> {
    for (row, version) in data.iter().zip((0..=newest).rev()) {
        let kind = match history::is_withdrawal(version) {
            true => "withdrawal",
            false => "deposit",
        };
        let is_right = row["version"] == json!(version)
            && row["type"] == json!(kind)
            && row["amount"] == history::amount(version)
            && row["balanceAfter"] == history::balance(version);
        if !is_right {
            return Err(format!("at version {version} there is {row}").into());
        }
    }
    Ok(())
}

/// Numbers that are the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below another.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % limit
    }
}
