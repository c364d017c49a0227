//! Whoever makes the read model anew.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Failure;
use crate::service::Client;

const PROJECTION: &str = "/operations/projections/transaction_history";

/// How often it is asked how far a rebuild is.
const ASK_EVERY: Duration = Duration::from_millis(5);

/// How far a rebuild is.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub(crate) phase: String,
    pub(crate) position: u64,
    pub(crate) head: u64,
    /// How many events it has folded since it was begun, or gone on with.
    pub(crate) events: u64,
    pub(crate) events_per_second: f64,
}

/// The time in which something happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

/// Begins a rebuild, or goes on with it.
pub(crate) async fn begin(client: &Client) -> Result<(), Failure> {
    let path = format!("{PROJECTION}/rebuild");
    let answer = client.post(&path, &json!({}), None).await?;
    expect_ok(answer.status.as_u16(), &answer.body)
}

/// Makes the edition before the current one again.
pub(crate) async fn roll_back(client: &Client) -> Result<Window, Failure> {
    let from = Instant::now();
    let path = format!("{PROJECTION}/roll-back");
    let answer = client.post(&path, &Value::Null, None).await?;
    expect_ok(answer.status.as_u16(), &answer.body)?;
    let to = Instant::now();
    Ok(Window { from, to })
}

/// Waits until a rebuild has taken the place, and tells when that was, and what was told before.
pub(crate) async fn until_cut_over(client: &Client) -> Result<(Window, Progress), Failure> {
    let mut pace = tokio::time::interval(ASK_EVERY);
    let mut before = (Instant::now(), progress(client).await?);
    loop {
        pace.tick().await;
        let from = before.0;
        let asked = Instant::now();
        let now = progress(client).await?;
        match now.phase.as_str() {
            "cut over" => {
                let to = Instant::now();
                return Ok((Window { from, to }, before.1));
            }
            "catching up" | "comparing" => {}
            // What is compared goes on by itself unless something differs.
            "compared" => {}
            other => return Err(format!("the rebuild is {other}: {now:?}").into()),
        }
        before = (asked, now);
    }
}

/// How far it is.
pub(crate) async fn progress(client: &Client) -> Result<Progress, Failure> {
    let answer = client.get(&format!("{PROJECTION}/rebuild")).await?;
    expect_ok(answer.status.as_u16(), &answer.body)?;
    let body = answer.body;
    if body["comparison"]["isSame"] == json!(false) || !body["error"].is_null() {
        return Err(format!("the rebuild went wrong: {body}").into());
    }
    let number = |field: &str| body[field].as_u64().unwrap_or_default();
    Ok(Progress {
        phase: body["phase"].as_str().unwrap_or_default().to_owned(),
        position: number("position"),
        head: number("head"),
        events: number("events"),
        events_per_second: body["eventsPerSecond"].as_f64().unwrap_or_default(),
    })
}

fn expect_ok(status: u16, body: &Value) -> Result<(), Failure> {
    match status {
        200 => Ok(()),
        status => Err(format!("{status}: {body}").into()),
    }
}
