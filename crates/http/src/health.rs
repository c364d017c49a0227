//! Health: for whoever starts, stops and watches the service.

use std::time::Duration;

use annals_core::{AppendId, EventStore, IdSource, Position, RandomIds};
use annals_runtime::{ProjectionHandle, ProjectionStatus, SagaOverview};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What the paths of health routes begin with.
pub(crate) const PATHS: &str = "/health/";

/// Longest time in which a store shows that it works.
const STORE_ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Answers that the process is alive: it takes requests. To be mounted at `/health/live`.
pub async fn live() -> Response {
    Json(serde_json::json!({ "status": "alive" })).into_response()
}

/// Whether the service can do its work: 200 when the store answers and every projection has
/// caught up, else 503. To be mounted at `/health/ready`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Readiness {
    /// True if the store answers and every projection is up to date.
    pub ready: bool,
    /// How the event store is.
    pub store: StoreHealth,
    /// How each projection is.
    pub projections: Vec<ProjectionHealth>,
    /// How each effect is. None keeps the service from its work: what is outside may be away.
    pub effects: Vec<ProjectionHealth>,
    /// How each saga is. None keeps the service from its work either: what is stuck waits for a person.
    pub sagas: Vec<SagaHealth>,
}

/// How the instances of a saga are, all together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SagaHealth {
    /// The name of the saga.
    pub name: &'static str,
    /// How many go on by themselves.
    pub running: u64,
    /// How many wait for a person.
    pub parked: u64,
    /// How many are parked, or late for too long.
    pub stuck: u64,
}

/// How an event store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StoreHealth {
    /// It answers, and takes appends.
    Working,
    /// It cannot be reached, takes too long, or has stopped for good.
    Unavailable,
}

impl StoreHealth {
    /// How a store is now; one that does not answer in two seconds is unavailable.
    ///
    /// The store is asked for an append that nobody made. That question goes the way of appends,
    /// so that the answer tells of a store that can be read but takes no more of them.
    pub async fn of(store: &dyn EventStore) -> Self {
        let asked = store.find_append(AppendId(RandomIds.next()));
        match tokio::time::timeout(STORE_ANSWERS_WITHIN, asked).await {
            Ok(Ok(_)) => Self::Working,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the event store does not work");
                Self::Unavailable
            }
            Err(_) => {
                tracing::warn!(limit = ?STORE_ANSWERS_WITHIN, "the event store does not answer");
                Self::Unavailable
            }
        }
    }
}

/// How a projection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionHealth {
    /// Its name.
    pub name: String,
    /// `live`, `standby`, `catching up`, `retrying`, `awaits rebuild`, `paused`, `failed` or
    /// `stopped`.
    pub status: &'static str,
    /// True if its read model is up to date, by this process or another.
    pub up_to_date: bool,
    /// How far it is.
    #[schema(value_type = u64)]
    pub position: Position,
}

impl Readiness {
    /// Sums up how everything is.
    pub fn of(store: StoreHealth, projections: impl IntoIterator<Item = ProjectionHealth>) -> Self {
        let projections: Vec<_> = projections.into_iter().collect();
        let all_up_to_date = projections.iter().all(|projection| projection.up_to_date);
        Self {
            ready: store == StoreHealth::Working && all_up_to_date,
            store,
            projections,
            effects: Vec::new(),
            sagas: Vec::new(),
        }
    }

    /// Tells of effects as well.
    #[must_use]
    pub fn beside(mut self, effects: impl IntoIterator<Item = ProjectionHealth>) -> Self {
        self.effects.extend(effects);
        self
    }

    /// Tells of sagas as well.
    #[must_use]
    pub fn with_sagas(mut self, sagas: impl IntoIterator<Item = SagaHealth>) -> Self {
        self.sagas.extend(sagas);
        self
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

impl SagaHealth {
    /// How a saga was when it was looked at.
    pub fn of(overview: &SagaOverview) -> Self {
        Self {
            name: overview.saga,
            running: overview.running.count,
            parked: overview.parked.count,
            stuck: overview.stuck,
        }
    }
}

impl ProjectionHealth {
    /// How a projection is now.
    pub fn of(projection: &ProjectionHandle) -> Self {
        Self::in_status(projection, &projection.status())
    }

    pub(crate) fn in_status(projection: &ProjectionHandle, status: &ProjectionStatus) -> Self {
        // The error behind a status is in the log; it may tell of data.
        let name = match status {
            ProjectionStatus::CatchingUp => "catching up",
            ProjectionStatus::Live => "live",
            ProjectionStatus::Standby => "standby",
            ProjectionStatus::Retrying { .. } => "retrying",
            ProjectionStatus::Failed { .. } => "failed",
            ProjectionStatus::AwaitsRebuild => "awaits rebuild",
            ProjectionStatus::Paused => "paused",
            ProjectionStatus::Stopped => "stopped",
            _ => "unknown",
        };
        Self {
            name: projection.name().to_owned(),
            status: name,
            up_to_date: status.is_up_to_date(),
            position: projection.position(),
        }
    }
}
