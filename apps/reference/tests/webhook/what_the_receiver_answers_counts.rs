//! A receiver that is away delays its calls and nothing else; one that refuses stops them.

use annals::Position;
use annals::http::Limits;
use annals_reference::bank::Bank;
use annals_reference::place::Place;
use annals_reference::routes::router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::Value;
use tower::ServiceExt;

use crate::receiver::{Answer, Receiver};
use crate::teller::{deposit, open_account, open_bank, until_refused, until_repeating, until_told};

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
            let limit = std::time::Duration::from_secs(20);
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

#[tokio::test]
async fn a_refusal_stops_the_calls_right_before_it() {
    let receiver = Receiver::start().await;
    let bank = open_bank(&Place::Memory, receiver.webhook()).await;
    open_account(&bank, "acc-1").await;
    until_told(&bank).await;
    receiver.answer_always(Answer::Status(400));
    deposit(&bank, "acc-1").await;
    let refused = until_refused(&bank).await;
    assert_eq!(refused.reached, Position(2));
    assert!(refused.to_string().contains("400"), "{refused}");
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let receiver = Receiver::start().await;
    receiver.answer_always(Answer::Redirect);
    let bank = open_bank(&Place::Memory, receiver.webhook()).await;
    open_account(&bank, "acc-1").await;
    until_refused(&bank).await;
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
