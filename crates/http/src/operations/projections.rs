//! The routes of projections: how they are, pausing them, letting them go on.

use std::sync::Arc;

use annals_runtime::ProjectionStatus;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::overview::ProjectionOverview;
use super::{Operated, Operations};
use crate::answer::Answer;
use crate::fields::{Fields, FromFields};
use crate::openapi::path_parameter;
use crate::parameters::Parameters;
use crate::problem::Problem;

/// The `{name}` of the path.
#[derive(Debug, Clone)]
pub(super) struct ProjectionName(pub(super) String);

impl FromFields for ProjectionName {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.path("name", str::parse).map(Self)
    }
}

impl utoipa::IntoParams for ProjectionName {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Which projection.";
        vec![path_parameter("name", description, utoipa::schema!(String))]
    }
}

impl Operations {
    /// The projection of a name; 404 if there is none.
    pub(super) fn find(&self, name: &ProjectionName) -> Result<&Operated, Problem> {
        let found = self.projections.get(&name.0);
        found.ok_or_else(|| Problem::not_found(format!("there is no projection {}", name.0)))
    }
}

/// All projections that run.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Projections {
    /// Each of them, by name.
    projections: Vec<ProjectionOverview>,
}

/// How all projections are.
#[utoipa::path(
    get,
    path = "/projections",
    tag = "operations",
    responses(
        (status = 200, body = Projections),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_projections(
    State(operations): State<Arc<Operations>>,
) -> Answer<Projections> {
    let all: Vec<_> = operations.projections.values().collect();
    let projections = operations.overviews(&all).await;
    Answer::ok(Projections { projections })
}

/// How a projection is.
#[utoipa::path(
    get,
    path = "/projections/{name}",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = ProjectionOverview),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_projection(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<ProjectionOverview>, Problem> {
    let projection = operations.find(&name)?;
    Ok(Answer::ok(operations.overview(projection).await))
}

/// Stop a projection at its checkpoint, in this process and until it is resumed or started again.
/// What it is at is finished first.
#[utoipa::path(
    post,
    path = "/projections/{name}/pause",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = ProjectionOverview),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn pause_projection(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<ProjectionOverview>, Problem> {
    let projection = operations.find(&name)?;
    projection.handle.pause().await;
    projection.check_runs()?;
    Ok(Answer::ok(operations.overview(projection).await))
}

/// Let a paused projection go on at its checkpoint.
#[utoipa::path(
    post,
    path = "/projections/{name}/resume",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = ProjectionOverview),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn resume_projection(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<ProjectionOverview>, Problem> {
    let projection = operations.find(&name)?;
    projection.handle.resume().await;
    projection.check_runs()?;
    Ok(Answer::ok(operations.overview(projection).await))
}

impl Operated {
    /// 409 for one that is over: that only a new start changes.
    fn check_runs(&self) -> Result<(), Problem> {
        let status = self.handle.status();
        match status {
            ProjectionStatus::Failed { .. } | ProjectionStatus::Stopped => {
                let title = "The projection is over";
                let problem = Problem::new(StatusCode::CONFLICT, "projection-over", title);
                Err(problem.detail(format!(
                    "it is {status}: mend it and start the service again"
                )))
            }
            _ => Ok(()),
        }
    }
}
