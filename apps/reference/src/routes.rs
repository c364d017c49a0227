//! All routes of the service.

use annals::Effect;
use annals::http::{BearerToken, Limits, ProjectionHealth, Readiness, StoreHealth, guard};
use axum::Router;
use axum::extract::State;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bank::Bank;
use crate::webhook::Webhook;
use crate::{accounts, docs, summary};

/// The service of a bank, ready to be served. Whoever shows the token of the operations may operate
/// it; without one there is nothing under `/operations`.
pub fn router(bank: Bank, operations: Option<BearerToken>, limits: Limits) -> Router {
    let mut routes = OpenApiRouter::with_openapi(docs::Api::openapi())
        .merge(accounts::routes())
        .routes(routes!(summary::get_summary))
        .routes(routes!(live))
        .routes(routes!(ready));
    if let Some(token) = operations {
        routes = routes.nest("/operations", bank.annals().operations().routes(token));
    }
    let (router, document) = routes.split_for_parts();
    guard(
        router.with_state(bank).merge(docs::routes(document)),
        limits,
    )
}

/// Whether the process takes requests.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200)))]
async fn live() -> axum::response::Response {
    annals::http::live().await
}

/// Whether commands are carried out and queries answered up to date: 200 if the event store answers
/// and every projection has caught up, else 503. The webhook is told of beside it.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "health",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
async fn ready(State(bank): State<Bank>) -> Readiness {
    let store = StoreHealth::of(&**bank.annals().store()).await;
    let all = bank.annals().projections().map(ProjectionHealth::of);
    let (effects, projections): (Vec<_>, Vec<_>) = all.partition(|it| it.name == Webhook::NAME);
    Readiness::of(store, projections).beside(effects)
}
