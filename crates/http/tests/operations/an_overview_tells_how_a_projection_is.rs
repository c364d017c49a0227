//! What an overview tells: how far a projection is, what went wrong, and what it does when told.

use std::sync::Arc;
use std::time::Duration;

use annals_core::Position;
use annals_http::{Operations, ProjectionHealth};
use annals_runtime::{ParkedEvents, ProjectionStatus};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::bank::{Balance, Bank, LONG, Service};
use crate::bare_projector::{BareProjector, Fault};
use crate::silent_store::SilentStore;

/// Waits until the projection is in a status.
async fn until(service: &Service, is_it: impl Fn(&ProjectionStatus) -> bool) {
    let looking = async {
        while !is_it(&service.projection.status()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, looking).await.unwrap();
}

async fn until_live(service: &Service) {
    until(service, |status| matches!(status, ProjectionStatus::Live)).await;
}

/// An overview without how fast it goes, which depends on the machine.
fn without_pace(mut overview: Value) -> Value {
    let fields = overview.as_object_mut().unwrap();
    let pace = fields.remove("eventsPerSecond").unwrap();
    assert!(pace.as_f64().unwrap() > 0.0, "{pace}");
    overview
}

#[tokio::test]
async fn one_that_has_caught_up_has_no_lag() {
    let bank = Bank::new().await;
    let last = bank.deposit("1", &[1, 2]).await;
    let service = bank.run::<Balance>("1.0").await;
    service.projection.wait_for(last, LONG).await.unwrap();
    until_live(&service).await;
    let expected = json!({
        "name": "balances",
        "status": "live",
        "upToDate": true,
        "position": 2,
        "head": 2,
        "lagEvents": 0,
        "lagMs": 0,
        "lastError": null,
        "parked": 0,
        "rebuildDue": false,
        "batches": { "count": 1, "lastSize": 2, "meanSize": 2.0 },
        "retries": 0,
        "visibleAfterMs": 0,
        "auditedUpTo": null,
        "missing": null,
        "rebuild": null,
    });
    let overview = service.get("/projections/balances").await.ok();
    assert_eq!(without_pace(overview), expected);
    let mut all = service.get("/projections").await.ok();
    let only = without_pace(all["projections"][0].take());
    assert_eq!(only, expected);
    assert_eq!(all["projections"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_paused_one_falls_behind_and_catches_up_when_it_is_resumed() {
    let bank = Bank::new().await;
    let last = bank.deposit("1", &[1]).await;
    let service = bank.run::<Balance>("1.0").await;
    service.projection.wait_for(last, LONG).await.unwrap();
    for _ in 0..2 {
        let paused = service.post("/projections/balances/pause", "").await.ok();
        assert_eq!(paused["status"], "paused");
    }
    bank.deposit("1", &[2]).await;
    bank.clock.advance(Duration::from_secs(60));
    let last = bank.deposit("1", &[3]).await;
    bank.clock.advance(Duration::from_millis(30_500));

    let behind = service.get("/projections/balances").await.ok();
    assert_eq!(behind["upToDate"], false);
    assert_eq!([&behind["position"], &behind["head"]], [1, 3]);
    assert_eq!([&behind["lagEvents"], &behind["lagMs"]], [2, 90_500]);
    assert_eq!(bank.cents("1").await, Some(1));

    let resumed = service.post("/projections/balances/resume", "").await.ok();
    assert_ne!(resumed["status"], "paused");
    service.projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(bank.cents("1").await, Some(6));
}

#[tokio::test]
async fn health_tells_of_a_pause_too() {
    let service = Bank::new().await.run::<Balance>("1.0").await;
    service.projection.pause().await;
    let health = ProjectionHealth::of(&service.projection);
    assert_eq!((health.status, health.up_to_date), ("paused", false));
}

#[tokio::test]
async fn a_clock_that_is_behind_the_stores_makes_no_negative_lag() {
    let bank = Bank::new().await;
    let service = bank.run::<Balance>("1.0").await;
    service.projection.pause().await;
    bank.deposit("1", &[1]).await;
    bank.clock.set("2024-03-01T11:59:00Z".parse().unwrap());
    let behind = service.get("/projections/balances").await.ok();
    assert_eq!([&behind["lagEvents"], &behind["lagMs"]], [1, 0]);
}

#[tokio::test]
async fn one_that_tries_again_tells_what_went_wrong_and_how_often() {
    let bank = Bank::new().await;
    bank.deposit("1", &[1]).await;
    let service = BareProjector::with(Fault::Away).run(&bank);
    until(&service, |status| {
        matches!(status, ProjectionStatus::Retrying { attempt: 3.., .. })
    })
    .await;
    let overview = service.get("/projections/bare").await.ok();
    assert_eq!(overview["status"], "retrying");
    assert_eq!(overview["lagEvents"], 1);
    assert_eq!(overview["parked"], Value::Null, "it keeps no dead letters");
    let error = &overview["lastError"];
    assert_eq!(error["class"], "transient");
    assert_eq!(error["message"], "unavailable: on demand");
    assert!(error["inARow"].as_u64().unwrap() >= 3, "{error}");
    assert!(overview["retries"].as_u64().unwrap() >= 3, "{overview}");
}

#[tokio::test]
async fn one_that_failed_tells_why() {
    let bank = Bank::new().await;
    let poison = bank.deposit("1", &[1]).await;
    let service = BareProjector::with(Fault::Event(poison)).run(&bank);
    let failed = service.projection.wait_for(poison, LONG).await;
    failed.unwrap_err();
    let overview = service.get("/projections/bare").await.ok();
    assert_eq!(overview["status"], "failed");
    let message = "event at position 1 cannot be applied: on demand";
    let expected = json!({ "class": "event", "message": message, "inARow": null });
    assert_eq!(overview["lastError"], expected);
}

/// Operations on a store that does not answer, but for where it ends if that is given.
fn operations_on_silence(bank: &Bank, head: Option<Position>) -> Operations {
    let store = Arc::clone(&bank.store);
    Operations::on(Arc::new(SilentStore { store, head }))
}

#[tokio::test]
async fn a_store_that_does_not_answer_hides_nothing_of_the_rest() {
    let bank = Bank::new().await;
    let last = bank.deposit("1", &[1]).await;
    let projector = BareProjector::with(Fault::Nothing);
    let parked = ParkedEvents::new(bank.store(), Arc::clone(&projector) as _);
    let projection = Arc::new(bank.run_projector(projector, ""));
    projection.wait_for(last, LONG).await.unwrap();
    let operations = operations_on_silence(&bank, None);
    let operations = operations.with_projection(Arc::clone(&projection), parked);
    let service = Service::new(projection, operations);
    until_live(&service).await;

    tokio::time::pause();
    let overview = service.get("/projections/bare").await.ok();
    assert_eq!(overview["status"], "live");
    assert_eq!(overview["position"], 1);
    for unknown in ["head", "lagEvents", "lagMs"] {
        assert_eq!(overview[unknown], Value::Null, "{unknown}");
    }
}

#[tokio::test]
async fn questions_without_an_answer_take_as_long_together_as_one_alone() {
    let bank = Bank::new().await;
    let waiting = async |names: &[&'static str]| {
        let mut operations = operations_on_silence(&bank, Some(Position(1)));
        let idle = BareProjector::with(Fault::Nothing);
        let idle = Arc::new(bank.run_projector(idle, ""));
        for name in names {
            let projector = BareProjector::named(name, Fault::Nothing);
            let parked = ParkedEvents::new(bank.store(), Arc::clone(&projector) as _);
            let projection = Arc::new(bank.run_projector(projector, ""));
            operations = operations.with_projection(projection, parked);
        }
        let service = Service::new(idle, operations);
        let asked = Instant::now();
        let overviews = service.get("/projections").await.ok();
        assert_eq!(overviews["projections"][0]["lagMs"], Value::Null);
        asked.elapsed().as_secs()
    };
    tokio::time::pause();
    let alone = waiting(&["one"]).await;
    assert!(alone > 0, "{alone}");
    assert_eq!(waiting(&["one", "two", "three"]).await, alone);
}
