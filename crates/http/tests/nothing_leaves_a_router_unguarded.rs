//! Unknown routes, wrong methods, panics, floods and slow answers: each is a problem that says
//! what to do, and none tells of the inside.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod service;

use std::sync::Arc;
use std::time::Duration;

use annals_http::{Limits, guard, live};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::{get as on_get, post as on_post};
use service::{get, post, send};
use tokio::sync::Notify;

async fn panics() -> &'static str {
    panic!("the secret cause")
}

fn router(limits: Limits) -> Router {
    let router = Router::new()
        .route("/fine", on_get(async || "fine"))
        .route("/panics", on_get(panics))
        .route("/never", on_get(std::future::pending::<()>))
        .route("/echo", on_post(async |body: String| body));
    guard(router, limits)
}

#[tokio::test]
async fn an_unknown_route_is_a_problem() {
    let reply = send(&router(Limits::default()), get("/nowhere")).await;
    reply.assert_problem(404, "not-found");
}

#[tokio::test]
async fn a_wrong_method_is_a_problem_that_names_the_right_one() {
    let reply = send(&router(Limits::default()), post("/fine", "{}")).await;
    reply.assert_problem(405, "method-not-allowed");
    assert_eq!(reply.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn a_panic_is_a_problem_that_does_not_tell_its_cause() {
    let reply = send(&router(Limits::default()), get("/panics")).await;
    reply.assert_problem(500, "internal");
    assert!(!reply.body.to_string().contains("secret"));
    assert!(!reply.header("x-request-id").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_is_given_up() {
    let limits = Limits {
        answer_within: Duration::from_secs(3),
        ..Limits::default()
    };
    let reply = send(&router(limits), get("/never")).await;
    reply.assert_problem(503, "timed-out");
    assert_eq!(reply.header("retry-after"), "1");
}

#[tokio::test]
async fn beyond_the_limit_requests_are_turned_away_at_once() {
    let entered = Arc::new(Notify::new());
    let handler = {
        let entered = Arc::clone(&entered);
        async move || {
            entered.notify_one();
            std::future::pending::<()>().await;
        }
    };
    let limits = Limits {
        requests_at_once: 1,
        ..Limits::default()
    };
    let routes = Router::new()
        .route("/held", on_get(handler))
        .route("/health/live", on_get(live));
    let router = guard(routes, limits);
    let held = {
        let router = router.clone();
        tokio::spawn(async move { send(&router, get("/held")).await })
    };
    entered.notified().await;
    let reply = send(&router, get("/held")).await;
    reply.assert_problem(503, "overloaded");
    assert_eq!(reply.header("retry-after"), "1");
    let watched = send(&router, get("/health/live")).await;
    assert_eq!(watched.status, 200, "who watches is answered all the same");
    held.abort();
    assert!(held.await.unwrap_err().is_cancelled());
    send(&router, get("/nowhere"))
        .await
        .assert_problem(404, "not-found");
}

#[tokio::test]
async fn an_unfit_request_id_is_replaced_and_an_unfit_trace_dropped() {
    let request = Request::get("/fine")
        .header("x-request-id", "two words")
        .header(
            "traceparent",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        )
        .header("tracestate", "a=b")
        .body(Body::empty())
        .unwrap();
    let reply = send(&router(Limits::default()), request).await;
    assert_eq!(reply.status.as_u16(), 200);
    assert_eq!(
        reply.header("x-request-id").len(),
        "01980000-0000-7000-8000-000000000000".len()
    );
    assert_eq!(reply.header("traceparent"), "");
    assert_eq!(reply.header("tracestate"), "");
}
