//! Health: for whoever starts, stops and watches the service.

use annals_core::Position;
use annals_runtime::{ProjectionHandle, ProjectionStatus};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Answers that the process is alive: it takes requests. To be mounted at `/health/live`.
pub async fn live() -> Response {
    Json(serde_json::json!({ "status": "alive" })).into_response()
}

/// Whether the service can answer queries: 200 when every projection has caught up, else 503.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Readiness {
    /// True if every projection is up to date.
    pub ready: bool,
    /// How each projection is.
    pub projections: Vec<ProjectionHealth>,
}

/// How a projection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProjectionHealth {
    /// Its name.
    pub name: String,
    /// `live`, `catching up`, `retrying`, `failed` or `stopped`.
    pub status: &'static str,
    /// How far it is.
    #[schema(value_type = u64)]
    pub position: Position,
}

impl Readiness {
    /// Sums up how all projections are.
    pub fn of(projections: impl IntoIterator<Item = ProjectionHealth>) -> Self {
        let projections: Vec<_> = projections.into_iter().collect();
        let ready = projections
            .iter()
            .all(|projection| projection.status == LIVE);
        Self { ready, projections }
    }
}

impl IntoResponse for Readiness {
    fn into_response(self) -> Response {
        let status = match self.ready {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(self)).into_response()
    }
}

const LIVE: &str = "live";

impl ProjectionHealth {
    /// How a projection is now.
    pub fn of(projection: &ProjectionHandle) -> Self {
        // The error behind a status is in the log; it may tell of data.
        let status = match projection.status() {
            ProjectionStatus::CatchingUp => "catching up",
            ProjectionStatus::Live => LIVE,
            ProjectionStatus::Retrying { .. } => "retrying",
            ProjectionStatus::Failed { .. } => "failed",
            ProjectionStatus::Stopped => "stopped",
            _ => "unknown",
        };
        Self {
            name: projection.name().to_owned(),
            status,
            position: projection.position(),
        }
    }
}
