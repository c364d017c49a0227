//! Around a whole router: limits, and answers to what no handler answers.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

use crate::health;
use crate::problem::Problem;
use crate::request_id::identify;

/// How much a service takes on.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest body of a request, in bytes; beyond it 413.
    pub body_bytes: usize,
    /// Longest time for one answer; beyond it 503.
    pub answer_within: Duration,
    /// Most requests at once; beyond it 503, at once, rather than a queue. Those under `/health/`
    /// have places of their own.
    pub requests_at_once: usize,
}

/// Most requests at once under `/health/`: who watches the service is answered however busy it is.
const HEALTH_CHECKS_AT_ONCE: usize = 16;

/// Places for requests, held until they are answered.
struct Places {
    requests: Semaphore,
    health_checks: Semaphore,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024,
            answer_within: Duration::from_secs(30),
            requests_at_once: 1024,
        }
    }
}

/// Guards a whole router: limits, request ids, the access log, and a problem for unknown routes,
/// wrong methods and panics.
pub fn guard(router: Router, limits: Limits) -> Router {
    let places = Arc::new(Places {
        requests: Semaphore::new(limits.requests_at_once),
        health_checks: Semaphore::new(HEALTH_CHECKS_AT_ONCE),
    });
    router
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(from_fn_with_state(places, shed_load))
        .layer(from_fn_with_state(limits.answer_within, answer_in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(identify))
}

async fn shed_load(State(places): State<Arc<Places>>, request: Request, next: Next) -> Response {
    let free = match request.uri().path().starts_with(health::PATHS) {
        true => &places.health_checks,
        false => &places.requests,
    };
    match free.try_acquire() {
        Ok(_held_until_answered) => next.run(request).await,
        Err(_) => Problem::try_later("overloaded", "Too many requests at once").into_response(),
    }
}

async fn answer_in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(limit, next.run(request)).await;
    answer.unwrap_or_else(|_| {
        Problem::try_later("timed-out", "The answer took too long")
            .detail("a command may have been carried out: repeat it with its Idempotency-Key")
            .into_response()
    })
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    // The panic hook has written the message and the place to the log.
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong on our side",
    )
    .into_response()
}

async fn unknown_route(request: Request) -> Problem {
    Problem::not_found(format!("nothing is at {}", request.uri().path()))
}

async fn wrong_method(request: Request) -> Problem {
    let title = "The method is not allowed here";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", title).detail(format!(
        "{} does not take {}",
        request.uri().path(),
        request.method()
    ))
}
