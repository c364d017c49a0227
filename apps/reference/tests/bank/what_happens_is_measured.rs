//! Metrics as Prometheus reads them: of what was done, for who shows the token.

use std::time::Duration;

use annals::{Append, EventId, EventType, ExpectedVersion, IdSource, NewEvent, RandomIds};
use annals_reference::metrics::recorder;
use axum::body::Body;
use axum::http::Request;
use metrics::set_default_local_recorder;
use serde_json::json;
use tokio::time::timeout;

use crate::client::{Client, usd};

const TOKEN: &str = "correct-horse-battery-staple";
const METRICS: &str = "/operations/metrics";
/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(60);

/// What the service measured, line by line.
async fn scrape(client: &Client) -> Vec<String> {
    let request = Request::get(METRICS).header("authorization", format!("Bearer {TOKEN}"));
    let text = client.text(request.body(Body::empty()).unwrap()).await;
    text.lines().map(str::to_owned).collect()
}

/// Waits until the balances are up to date.
async fn until_handled(client: &Client) {
    let annals = client.bank.annals();
    let head = annals.store().head().await.unwrap();
    let balances = annals.projection("account_balances");
    balances.wait_for(head, LONG).await.unwrap();
}

#[track_caller]
fn assert_told(metrics: &[String], line: &str) {
    let name = line.split('{').next().unwrap();
    let alike = metrics.iter().filter(|told| told.starts_with(name));
    let alike: Vec<_> = alike.collect();
    assert!(alike.iter().any(|told| *told == line), "{line}: {alike:#?}");
}

#[tokio::test]
async fn a_deposit_is_measured_once_it_is_visible() {
    let recorder = recorder();
    let _measures = set_default_local_recorder(&recorder);
    let client = Client::measured(TOKEN, &recorder).await;
    let account = json!({ "accountId": "a", "ownerId": "me" });
    client.post("/accounts", account).await.expect(201);
    let deposit = json!({ "amount": usd("5.00") });
    let deposited = client.post("/accounts/a/deposit", deposit).await;
    deposited.expect(200);
    client.get("/accounts/a").await.expect(200);

    let metrics = scrape(&client).await;
    for line in [
        "annals_projection_events_total{projection=\"account_balances\"} 2",
        "annals_projection_position{projection=\"account_balances\"} 2",
        "annals_projection_lag_events{projection=\"account_balances\"} 0",
        "annals_projection_parked_events{projection=\"account_balances\"} 0",
        "annals_projection_batch_events_sum{projection=\"account_balances\"} 2",
        "annals_command_duration_seconds_count{aggregate=\"BankAccount\",outcome=\"executed\"} 2",
    ] {
        assert_told(&metrics, line);
    }
    let visible =
        "annals_projection_commit_to_visible_seconds_bucket{projection=\"account_balances\"";
    assert!(metrics.iter().any(|line| line.starts_with(visible)));
}

#[tokio::test]
async fn a_parked_event_is_measured() {
    let recorder = recorder();
    let _measures = set_default_local_recorder(&recorder);
    let client = Client::measured(TOKEN, &recorder).await;
    let event_type = EventType::new("MoneyDeposited").unwrap();
    let poison = NewEvent::json(EventId(RandomIds.next()), event_type, "{}".to_owned());
    let stream = "BankAccount-a".parse().unwrap();
    let append = Append::to(stream, ExpectedVersion::NoStream, vec![poison]);
    client.bank.annals().store().append(append).await.unwrap();
    until_handled(&client).await;

    let metrics = scrape(&client).await;
    for line in [
        "annals_projection_parkings_total{projection=\"account_balances\"} 1",
        "annals_projection_parked_events{projection=\"account_balances\"} 1",
        "annals_projection_retries_total{projection=\"account_balances\",class=\"event\"} 4",
    ] {
        assert_told(&metrics, line);
    }
}

#[tokio::test]
async fn a_rebuild_is_measured() {
    let recorder = recorder();
    let _measures = set_default_local_recorder(&recorder);
    let client = Client::measured(TOKEN, &recorder).await;
    let account = json!({ "accountId": "a", "ownerId": "me", "initialDeposit": usd("5.00") });
    client.post("/accounts", account).await.expect(201);
    until_handled(&client).await;
    let rebuild = client.bank.annals().rebuilds("account_balances");
    let rebuild = rebuild.begin(Default::default());
    timeout(LONG, rebuild.end()).await.unwrap();

    let metrics = scrape(&client).await;
    for line in [
        "annals_rebuild_phase{projection=\"account_balances\",phase=\"cut over\"} 1",
        "annals_rebuild_phase{projection=\"account_balances\",phase=\"catching up\"} 0",
        "annals_rebuild_position{projection=\"account_balances\"} 2",
        "annals_rebuild_remaining_events{projection=\"account_balances\"} 0",
        "annals_rebuild_events_total{projection=\"account_balances\"} 2",
    ] {
        assert_told(&metrics, line);
    }
}

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let client = Client::operated(TOKEN).await;
    client
        .get(METRICS)
        .await
        .assert_problem(401, "unauthorized");
    let unoperated = Client::in_memory().await.get(METRICS).await;
    unoperated.assert_problem(404, "not-found");
}
