//! Unknown names, wrong input, and projections that cannot do what is asked for.

use crate::bank::{Balance, Bank, LONG, Service};
use crate::bare_projector::{BareProjector, Fault};

async fn poisoned() -> Service {
    let bank = Bank::new().await;
    let last = bank.deposit("1", &[-5]).await;
    let service = bank.run::<Balance>("1.0").await;
    service.projection.wait_for(last, LONG).await.unwrap();
    service
}

#[tokio::test]
async fn an_unknown_projection_is_a_404_on_every_route() {
    let service = poisoned().await;
    for path in ["", "/dead-letters", "/dead-letters/1"] {
        let reply = service.get(&format!("/projections/nothing{path}")).await;
        reply.assert_problem(404, "not-found");
        assert_eq!(reply.body["detail"], "there is no projection nothing");
    }
    let posts = [
        ("pause", ""),
        ("resume", ""),
        ("dead-letters/retry", ""),
        ("dead-letters/1/retry", ""),
        ("dead-letters/1/skip", r#"{"reason": "r"}"#),
    ];
    for (path, body) in posts {
        let path = format!("/projections/nothing/{path}");
        let reply = service.post(&path, body).await;
        reply.assert_problem(404, "not-found");
    }
}

#[tokio::test]
async fn an_event_that_is_not_parked_is_a_404_on_every_route() {
    let service = poisoned().await;
    for position in [0, 2, u64::MAX] {
        let letter = format!("/projections/balances/dead-letters/{position}");
        let seen = service.get(&letter).await;
        seen.assert_problem(404, "not-found");
        let detail = format!("no event is parked at position {position}");
        assert_eq!(seen.body["detail"], detail);
        let retried = service.post(&format!("{letter}/retry"), "").await;
        retried.assert_problem(404, "not-found");
        let skip = format!("{letter}/skip");
        let skipped = service.post(&skip, r#"{"reason": "r"}"#).await;
        skipped.assert_problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_position_is_a_number() {
    let service = poisoned().await;
    for position in ["first", "-1", "1.5", "99999999999999999999"] {
        let letter = format!("/projections/balances/dead-letters/{position}");
        let reply = service.get(&letter).await;
        reply.assert_problem(422, "invalid-request");
        assert_eq!(reply.body["errors"][0]["field"], "position");
    }
}

#[tokio::test]
async fn a_reason_is_neither_missing_nor_empty_nor_endless() {
    let service = poisoned().await;
    let skip = "/projections/balances/dead-letters/1/skip";
    let endless = format!(r#"{{"reason": "{}"}}"#, "é".repeat(1_001));
    for body in ["", "{}", r#"{"reason": " "}"#, r#"{"reason": 5}"#, &endless] {
        let reply = service.post(skip, body).await;
        reply.assert_problem(422, "invalid-request");
        assert_eq!(reply.body["errors"][0]["field"], "reason");
    }
    let unknown = service.post(skip, r#"{"reason": "r", "by": "me"}"#).await;
    unknown.assert_problem(422, "invalid-request");
    let broken = service.post(skip, "{").await;
    broken.assert_problem(400, "malformed-json");

    let letter = service.get("/projections/balances/dead-letters/1").await;
    assert_eq!(letter.ok()["state"], "failed", "nothing was skipped");
    let longest = format!(r#"{{"reason": "{}"}}"#, "é".repeat(1_000));
    service.post(skip, &longest).await.ok();
}

#[tokio::test]
async fn an_unknown_parameter_or_a_cursor_of_others_is_refused() {
    let service = poisoned().await;
    for query in ["after=1", "limit=0", "limit=101", "cursor=abc"] {
        let path = format!("/projections/balances/dead-letters?{query}");
        service
            .get(&path)
            .await
            .assert_problem(422, "invalid-request");
    }
}

#[tokio::test]
async fn a_projection_without_dead_letters_says_so() {
    let bank = Bank::new().await;
    let service = BareProjector::with(Fault::Nothing).run(&bank);
    for path in ["dead-letters", "dead-letters/1"] {
        let reply = service.get(&format!("/projections/bare/{path}")).await;
        reply.assert_problem(409, "no-dead-letters");
    }
    for path in ["dead-letters/retry", "dead-letters/1/retry"] {
        let reply = service.post(&format!("/projections/bare/{path}"), "").await;
        reply.assert_problem(409, "no-dead-letters");
    }
    let skip = "/projections/bare/dead-letters/1/skip";
    let reply = service.post(skip, r#"{"reason": "r"}"#).await;
    reply.assert_problem(409, "no-dead-letters");
}

#[tokio::test]
async fn a_projection_that_is_over_is_neither_paused_nor_resumed() {
    let service = poisoned().await;
    service.projection.stop().await;
    for order in ["pause", "resume"] {
        let reply = service
            .post(&format!("/projections/balances/{order}"), "")
            .await;
        reply.assert_problem(409, "projection-over");
    }
}

#[tokio::test]
async fn a_wrong_method_is_a_405() {
    let service = poisoned().await;
    let reply = service.get("/projections/balances/pause").await;
    reply.assert_problem(405, "method-not-allowed");
}
