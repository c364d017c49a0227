//! Whatever keeps a command of the bus from being carried out is told as a problem.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

#[expect(dead_code, reason = "what a request says does not matter here")]
mod service;

use annals_core::{ExpectedVersion, FieldFault, StreamVersion, SubjectId};
use annals_http::Problem;
use annals_runtime::{CommandFault, Rejection};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get as on_get;
use serde_json::json;
use service::{Reply, get, send};

/// Why a shop does not sell.
#[derive(Clone)]
struct SoldOut;

impl From<SoldOut> for Problem {
    fn from(_: SoldOut) -> Self {
        Self::new(StatusCode::CONFLICT, "sold-out", "It is sold out")
    }
}

/// What whoever sent the command gets to see.
async fn told(fault: impl Into<CommandFault<SoldOut>>) -> Reply {
    let fault = fault.into();
    let route = on_get(async move || Problem::from(fault.clone()));
    send(&Router::new().route("/", route), get("/")).await
}

#[tokio::test]
async fn a_wrong_shape_is_422_with_every_bad_field() {
    let faults = vec![
        FieldFault::new("userId", "must be given"),
        FieldFault::new("lines[2].quantity", "must be greater than zero"),
    ];
    let reply = told(Rejection::Invalid(faults)).await;
    reply.assert_problem(422, "invalid-request");
    assert_eq!(
        reply.body["errors"],
        json!([
            { "field": "userId", "message": "must be given" },
            { "field": "lines[2].quantity", "message": "must be greater than zero" },
        ])
    );
}

#[tokio::test]
async fn each_other_rejection_has_a_problem_of_its_own() {
    let reason = "only readers borrow".to_owned();
    let forbidden = told(Rejection::Forbidden { reason }).await;
    forbidden.assert_problem(403, "forbidden");
    assert_eq!(forbidden.body["detail"], "only readers borrow");
    let (expected, actual) = (ExpectedVersion::NoStream, StreamVersion(3));
    let mismatch = told(Rejection::VersionMismatch { expected, actual }).await;
    mismatch.assert_problem(412, "version-mismatch");
    assert_eq!(mismatch.body["version"], 3);
    let key = "k".to_owned();
    let reused = told(Rejection::KeyReused { key }).await;
    reused.assert_problem(422, "idempotency-key-reused");
    let erased = told(Rejection::Erased(SubjectId::new("p-1").unwrap())).await;
    erased.assert_problem(409, "person-erased");
}

#[tokio::test]
async fn a_refusal_is_the_problem_that_the_service_makes_of_it() {
    let refused = told(CommandFault::Refused(SoldOut)).await;
    refused.assert_problem(409, "sold-out");
}

#[tokio::test]
async fn no_answer_is_503_and_the_cause_stays_here() {
    let secret = std::io::Error::other("secret");
    let reply = told(CommandFault::transient(secret)).await;
    reply.assert_problem(503, "unavailable");
    assert_eq!(reply.header("retry-after"), "1");
    assert!(!reply.body.to_string().contains("secret"), "{reply:?}");
}
