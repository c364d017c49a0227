//! The route of metrics, and what is looked up for them.

use std::sync::Arc;
use std::time::Duration;

use annals_runtime::Backlog;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::future::join;

use super::Operations;
use super::overview::ProjectionOverview;

/// What the text format of Prometheus calls itself.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes down all that was measured.
pub(super) type Render = Arc<dyn Fn() -> String + Send + Sync>;

impl Operations {
    /// Measures what takes a look at the store and at the read models: how far each projection is
    /// behind, what is parked, and how sagas are. The route of metrics does so by itself; whoever sends metrics
    /// elsewhere does it before each time. All else is measured as it happens.
    pub async fn measure(&self) {
        let projections: Vec<_> = self.projections.values().collect();
        let (overviews, _) = join(self.backlogs(&projections), self.saga_overviews()).await;
        for (projection, overview) in projections.into_iter().zip(&overviews) {
            projection.handle.measure(&overview.backlog());
        }
    }
}

impl ProjectionOverview {
    fn backlog(&self) -> Backlog {
        Backlog {
            lag_events: self.lag_events,
            lag: self.lag_ms.map(Duration::from_millis),
            parked: self.parked,
        }
    }
}

/// What is measured of the service, as Prometheus reads it.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub(super) async fn get_metrics(State(operations): State<Arc<Operations>>) -> Response {
    operations.measure().await;
    let text = operations.render.as_ref().map(|render| render());
    let text = text.expect("the route is there only with metrics");
    ([(CONTENT_TYPE, PROMETHEUS_TEXT)], text).into_response()
}
