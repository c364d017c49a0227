//! Unknown sagas and instances, what cannot be done for one, and bad input.

use crate::bank::{Balance, Bank};
use crate::welcomes::Welcomes;

const BECAUSE: &str = r#"{"reason": "a test"}"#;
const POSTS: [(&str, &str); 4] = [
    ("retry", ""),
    ("skip", BECAUSE),
    ("compensate", BECAUSE),
    ("cancel", BECAUSE),
];

#[tokio::test]
async fn an_unknown_saga_is_a_404_on_every_route() {
    let welcomes = Welcomes::new().await;
    for path in ["", "/ada", "/ada/timeline"] {
        let reply = welcomes
            .service
            .get(&format!("/sagas/farewell{path}"))
            .await;
        reply.assert_problem(404, "not-found");
        assert_eq!(reply.body["detail"], "there is no saga farewell");
    }
    for (what, body) in POSTS {
        let path = format!("/sagas/farewell/ada/{what}");
        let reply = welcomes.service.post(&path, body).await;
        reply.assert_problem(404, "not-found");
    }
}

#[tokio::test]
async fn an_unknown_instance_is_a_404_on_every_route() {
    let welcomes = Welcomes::new().await;
    let detail = "there is no instance ada of welcome";
    for path in ["", "/timeline"] {
        let reply = welcomes
            .service
            .get(&format!("/sagas/welcome/ada{path}"))
            .await;
        reply.assert_problem(404, "not-found");
        assert_eq!(reply.body["detail"], detail);
    }
    for (what, body) in POSTS {
        let path = format!("/sagas/welcome/ada/{what}");
        let reply = welcomes.service.post(&path, body).await;
        reply.assert_problem(404, "not-found");
        assert_eq!(reply.body["detail"], detail);
    }
}

#[tokio::test]
async fn a_service_without_sagas_has_none() {
    let service = Bank::new().await.run::<Balance>("1.0").await;
    let answer = service.get("/sagas").await.ok();
    assert_eq!(answer, serde_json::json!({"sagas": []}));
    let unknown = service.get("/sagas/welcome").await;
    unknown.assert_problem(404, "not-found");
}

#[tokio::test]
async fn one_that_is_not_parked_is_neither_retried_nor_skipped() {
    let welcomes = Welcomes::new().await;
    welcomes.begin("ada").await;
    for (what, body) in &POSTS[..2] {
        let path = format!("/sagas/welcome/ada/{what}");
        let reply = welcomes.service.post(&path, body).await;
        reply.assert_problem(409, "saga-not-parked");
        assert_eq!(reply.body["state"], "running");
    }
}

#[tokio::test]
async fn nothing_is_asked_of_one_that_is_over() {
    let welcomes = Welcomes::new().await;
    welcomes.man();
    welcomes.begin("ada").await;
    for (what, body) in POSTS {
        let path = format!("/sagas/welcome/ada/{what}");
        let reply = welcomes.service.post(&path, body).await;
        reply.assert_problem(409, "saga-over");
        assert_eq!(reply.body["state"], "completed");
    }
}

#[tokio::test]
async fn every_bad_filter_is_named_at_once() {
    let welcomes = Welcomes::new().await;
    let query = "status=stuck&olderThan=1h&unchangedFor=-1&limit=0&cursor=abc&after=1";
    let reply = welcomes
        .service
        .get(&format!("/sagas/welcome?{query}"))
        .await;
    reply.assert_problem(422, "invalid-request");
    let errors = reply.body["errors"].as_array().unwrap().iter();
    let fields: Vec<_> = errors
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    let expected = [
        "status",
        "olderThan",
        "unchangedFor",
        "limit",
        "cursor",
        "after",
    ];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn every_bad_part_of_a_request_is_named_at_once() {
    let welcomes = Welcomes::new().await;
    let path = "/sagas/welcome/a%00b/cancel";
    for (body, field) in [
        ("{}", "reason"),
        (r#"{"reason": " "}"#, "reason"),
        (r#"{"reason": "r", "by": "me"}"#, "by"),
    ] {
        let reply = welcomes
            .service
            .post_under(&"k".repeat(256), path, body)
            .await;
        reply.assert_problem(422, "invalid-request");
        let errors = reply.body["errors"].as_array().unwrap().iter();
        let fields: Vec<_> = errors
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        assert_eq!(fields, ["instance", "Idempotency-Key", field]);
    }
}

#[tokio::test]
async fn a_name_that_makes_no_stream_is_refused() {
    let welcomes = Welcomes::new().await;
    // A name may be as long by itself, but not behind that of the saga.
    let name = "a".repeat(annals_core::limits::NAME_BYTES);
    for path in ["", "/timeline"] {
        let path = format!("/sagas/welcome/{name}{path}");
        let reply = welcomes.service.get(&path).await;
        reply.assert_problem(422, "invalid-request");
        assert_eq!(reply.body["errors"][0]["field"], "instance");
    }
}

#[tokio::test]
async fn a_cursor_of_another_collection_is_refused() {
    let welcomes = Welcomes::new().await;
    for name in ["ada", "bob"] {
        welcomes.begin(name).await;
    }
    let page = welcomes.service.get("/sagas/welcome?limit=1").await.ok();
    let cursor = page["pagination"]["nextCursor"].as_str().unwrap();
    let path = format!("/sagas/welcome/ada/timeline?cursor={cursor}");
    let reply = welcomes.service.get(&path).await;
    reply.assert_problem(422, "invalid-request");
}
