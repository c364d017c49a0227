//! The routes of persons: forgetting them, and what that reached.

use std::sync::Arc;

use annals_core::SubjectId;
use annals_runtime::{ErasureReport, Erasures, OutOfReach, PlaceKind, Reached};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::Operations;
use crate::answer::Answer;
use crate::fields::{Fields, FromFields};
use crate::openapi::path_parameter;
use crate::parameters::Parameters;
use crate::problem::Problem;

/// The `{subject}` of the path.
#[derive(Debug, Clone)]
pub(super) struct Person(SubjectId);

impl FromFields for Person {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let subject = |text: &str| SubjectId::new(text).map_err(|error| error.fault);
        fields.path("subject", subject).map(Self)
    }
}

impl utoipa::IntoParams for Person {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Who, by the pseudonym that events have.";
        let subject = path_parameter("subject", description, utoipa::schema!(String));
        vec![subject]
    }
}

/// What the erasure of a person has reached, and what it has not.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErasureView {
    /// Who was forgotten.
    subject: String,
    /// Where the log says so.
    position: u64,
    /// How many events tell something about them. They stay, and what is sealed in them is noise.
    events: u64,
    /// What was reached.
    reached: Vec<ReachedView>,
    /// What was not, and why.
    out_of_reach: Vec<OutOfReachView>,
}

/// A place that was reached.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ReachedView {
    /// What kind of place it is, such as `readModel` or `snapshots`.
    #[schema(value_type = String)]
    kind: PlaceKind,
    /// Which one.
    name: String,
    /// How many were dropped, redacted or made anew; null where that is not counted.
    count: Option<u64>,
}

/// A place that was not reached, or not wholly.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct OutOfReachView {
    /// What kind of place it is, such as `ownReadModel` or `backups`.
    #[schema(value_type = String)]
    kind: PlaceKind,
    /// Which one.
    name: String,
    /// Why not, and what is to be done.
    why: String,
    /// Positions of events that it is about, the first hundred at most.
    positions: Vec<u64>,
}

impl From<ErasureReport> for ErasureView {
    fn from(report: ErasureReport) -> Self {
        Self {
            subject: report.subject.into(),
            position: report.position.0,
            events: report.events,
            reached: report.reached.into_iter().map(Into::into).collect(),
            out_of_reach: report.out_of_reach.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Reached> for ReachedView {
    fn from(reached: Reached) -> Self {
        let Reached { kind, name, count } = reached;
        Self { kind, name, count }
    }
}

impl From<OutOfReach> for OutOfReachView {
    fn from(missed: OutOfReach) -> Self {
        Self {
            kind: missed.kind,
            name: missed.name,
            why: missed.why,
            positions: missed.positions.into_iter().map(|it| it.0).collect(),
        }
    }
}

impl Operations {
    /// The same, with erasures of persons: without them both routes are 404.
    #[must_use]
    pub fn with_erasures(mut self, erasures: Erasures) -> Self {
        self.erasures = Some(erasures);
        self
    }

    fn erasures(&self) -> Result<&Erasures, Problem> {
        let none = || Problem::not_found("this service has no keyring");
        self.erasures.as_ref().ok_or_else(none)
    }
}

/// Forget a person for good: destroy their key, and reach what was copied. To repeat it changes nothing
/// and has the same answer. 503 while copies are still being reached, when the key is destroyed.
#[utoipa::path(
    post,
    path = "/persons/{subject}/erase",
    tag = "operations",
    params(Person),
    responses(
        (status = 200, body = ErasureView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn erase_person(
    State(operations): State<Arc<Operations>>,
    Parameters(person): Parameters<Person>,
) -> Result<Answer<ErasureView>, Problem> {
    let report = operations.erasures()?.erase(&person.0).await?;
    Ok(Answer::ok(report.into()))
}

/// What the erasure of a person has reached; 404 if there was none, or it is not finished.
#[utoipa::path(
    get,
    path = "/persons/{subject}/erasure",
    tag = "operations",
    params(Person),
    responses(
        (status = 200, body = ErasureView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_erasure(
    State(operations): State<Arc<Operations>>,
    Parameters(person): Parameters<Person>,
) -> Result<Answer<ErasureView>, Problem> {
    let report = operations.erasures()?.report(&person.0).await?;
    let detail = || format!("no erasure of {} is finished", person.0);
    let report = report.ok_or_else(|| Problem::not_found(detail()))?;
    Ok(Answer::ok(report.into()))
}
