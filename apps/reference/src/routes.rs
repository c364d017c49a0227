//! All routes of the service.

use annals::http::{
    BearerToken, Limits, ProjectionHealth, Readiness, SagaHealth, StoreHealth, guard,
};
use axum::Router;
use axum::extract::State;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bank::Bank;
use crate::messages_out::MessagesOut;
use crate::metrics::Metrics;
use crate::{accounts, catalogue, docs, orders, summary, transfers, users};

/// What is there for whoever operates the service.
#[derive(Debug, Clone)]
pub struct Operating {
    /// What they have to show.
    pub token: BearerToken,
    /// What they can look at.
    pub metrics: Metrics,
}

/// The service of a bank, ready to be served. Without what operates it there is nothing under
/// `/operations`.
pub fn router(bank: Bank, operating: Option<Operating>, limits: Limits) -> Router {
    let mut routes = OpenApiRouter::with_openapi(docs::Api::openapi())
        .merge(accounts::routes())
        .merge(transfers::routes())
        .merge(users::routes())
        .merge(catalogue::routes())
        .merge(orders::routes())
        .routes(routes!(summary::get_summary))
        .routes(routes!(live))
        .routes(routes!(ready));
    if let Some(Operating { token, metrics }) = operating {
        let operations = bank.annals().operations();
        let operations = operations.with_metrics(move || metrics.render());
        routes = routes.nest("/operations", operations.routes(token));
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
/// and every projection has caught up, else 503. The webhook, the outbox and sagas are
/// told of beside it.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "health",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
async fn ready(State(bank): State<Bank>) -> Readiness {
    let store = StoreHealth::of(&**bank.annals().store()).await;
    let all = bank.annals().projections().map(ProjectionHealth::of);
    let (effects, projections): (Vec<_>, Vec<_>) =
        all.partition(|it| MessagesOut::NAMES.contains(&it.name.as_str()));
    let sagas = bank.annals().saga_watch().latest();
    Readiness::of(store, projections)
        .beside(effects)
        .with_sagas(sagas.iter().map(SagaHealth::of))
}
