//! A receiver that is away delays its calls and nothing else; what it refuses is parked.

use std::time::Duration;

use annals::Position;
use annals::http::Limits;
use annals_reference::bank::Bank;
use annals_reference::place::Place;
use annals_reference::routes::router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::Value;
use tower::ServiceExt;

use crate::place::{NewPlace, in_each_place};
use crate::receiver::{Answer, Receiver};
use crate::teller::{
    deposit, open_account, open_bank, parked, parked_positions, until_repeating, until_told,
};

in_each_place![a_refusal_parks_what_happens_to_its_account_and_a_retry_posts_it_in_order];

#[tokio::test]
async fn a_receiver_that_is_away_leaves_the_service_ready() {
    let receiver = Receiver::start().await;
    receiver.answer_always(Answer::Status(503));
    let bank = open_bank(&Place::Memory, receiver.webhook()).await;
    open_account(&bank, "acc-1").await;
    until_repeating(&bank).await;
    let head = bank.head().await.unwrap();
    for projection in bank.annals().projections() {
        if projection.name() != "webhook" {
            let limit = Duration::from_secs(20);
            projection.wait_for(head, limit).await.unwrap();
        }
    }
    let readiness = readiness(&bank).await;
    assert_eq!(readiness["ready"], true, "{readiness}");
    assert_eq!(readiness["effects"][0]["name"], "webhook");
    assert_eq!(readiness["effects"][0]["upToDate"], false);
    receiver.answer_always(Answer::Status(200));
    until_told(&bank).await;
}

async fn a_refusal_parks_what_happens_to_its_account_and_a_retry_posts_it_in_order(
    place: NewPlace,
) {
    let receiver = Receiver::start().await;
    let bank = open_bank(&place.place(), receiver.webhook()).await;
    receiver.answer_about("acc-1", Answer::Status(410));
    for account in ["acc-1", "acc-2"] {
        open_account(&bank, account).await;
    }
    deposit(&bank, "acc-1").await;
    deposit(&bank, "acc-2").await;
    until_told(&bank).await;
    assert_eq!(parked_positions(&bank).await, [1, 2, 5]);
    assert_eq!(receiver.posted("acc-1"), [1], "a refusal is not repeated");
    assert_eq!(receiver.arrived()["acc-2"], [3, 4, 6]);
    let refused = parked(&bank).letter(Position(1)).await.unwrap();
    assert!(refused.to_json().contains("410"), "{refused:?}");
    bank.stop().await;
    drop(bank);

    receiver.answer_about("acc-1", Answer::Status(204));
    let bank = open_bank(&place.place(), receiver.webhook()).await;
    let released = parked(&bank).retry_all().await.unwrap();
    assert_eq!(released.applied, [1, 2, 5].map(Position));
    deposit(&bank, "acc-1").await;
    until_told(&bank).await;
    assert_eq!(receiver.posted("acc-1"), [1, 1, 2, 5, 7]);
    assert!(parked_positions(&bank).await.is_empty());
}

#[tokio::test]
async fn who_is_away_for_too_long_is_given_up() {
    let receiver = Receiver::start().await;
    receiver.answer_about("acc-1", Answer::Status(503));
    let webhook = receiver.webhook().giving_up_after(Duration::ZERO);
    let bank = open_bank(&Place::Memory, webhook).await;
    for account in ["acc-1", "acc-2"] {
        open_account(&bank, account).await;
    }
    until_told(&bank).await;
    assert_eq!(parked_positions(&bank).await, [1, 2]);
    assert_eq!(receiver.arrived()["acc-2"], [3, 4]);
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let receiver = Receiver::start().await;
    receiver.answer_always(Answer::Redirect);
    let bank = open_bank(&Place::Memory, receiver.webhook()).await;
    open_account(&bank, "acc-1").await;
    until_told(&bank).await;
    assert_eq!(parked_positions(&bank).await, [1, 2]);
    let mut calls = receiver.calls().into_iter();
    assert!(calls.all(|call| call.path == "/accounts"));
}

async fn readiness(bank: &Bank) -> Value {
    let request = Request::get("/health/ready").body(Body::empty()).unwrap();
    let router = router(bank.clone(), None, Limits::default());
    let answer = router.oneshot(request).await.unwrap();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}
