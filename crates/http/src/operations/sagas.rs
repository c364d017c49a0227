//! The routes of sagas: how they are, and which instances there are.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{Selection, Timestamp};
use annals_runtime::{SagaRow, Sagas};
use axum::extract::State;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::Operations;
use super::saga_overview::SagaOverviewView;
use crate::answer::Answer;
use crate::fields::{Fields, FromFields};
use crate::openapi::{path_parameter, query_parameter};
use crate::page::{Cursor, Page, PageRequest};
use crate::parameters::Parameters;
use crate::problem::Problem;

/// How an instance can be.
const STATUSES: [&str; 6] = [
    "running",
    "parked",
    "completed",
    "compensated",
    "cancelled",
    "notFound",
];

/// The `{saga}` of the path.
#[derive(Debug, Clone)]
pub(super) struct SagaName(pub(super) String);

impl FromFields for SagaName {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.path("saga", str::parse).map(Self)
    }
}

impl utoipa::IntoParams for SagaName {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter(
            "saga",
            "Which saga.",
            utoipa::schema!(String),
        )]
    }
}

/// The place of an instance in the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Place(String);

impl Cursor for Place {
    const COLLECTION: &'static str = "saga-instances";
}

/// Which instances of a saga.
#[derive(Debug, Clone)]
pub(super) struct Instances {
    /// Only those in this status.
    status: Option<&'static str>,
    /// Only those that were started so long ago.
    older_than: Option<Duration>,
    /// Only those to which nothing has happened for so long.
    unchanged_for: Option<Duration>,
    /// Only those that are at this step.
    step: Option<String>,
    page: PageRequest<Place>,
}

impl FromFields for Instances {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let status = fields.query("status", parse_status);
        let older_than = fields.query("olderThan", parse_seconds);
        let unchanged_for = fields.query("unchangedFor", parse_seconds);
        let step = fields.query("step", str::parse);
        let page = PageRequest::from_fields(fields)?;
        Some(Self {
            status,
            older_than,
            unchanged_for,
            step,
            page,
        })
    }
}

fn parse_status(text: &str) -> Result<&'static str, String> {
    let known = STATUSES.into_iter().find(|status| *status == text);
    known.ok_or_else(|| format!("must be one of {}", STATUSES.join(", ")))
}

fn parse_seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().map(Duration::from_secs);
    seconds.map_err(|_| "must be a whole number of seconds")
}

impl utoipa::IntoParams for Instances {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let status = format!("Only those in this status: {}.", STATUSES.join(", "));
        let older_than = "Only those that were started at least so many seconds ago.";
        let unchanged_for = "Only those to which nothing has happened for so many seconds.";
        let step = "Only those that are at this step.";
        let mut parameters = <PageRequest<Place> as utoipa::IntoParams>::into_params(parameter_in);
        parameters.extend([
            query_parameter("status", &status, utoipa::schema!(String)),
            query_parameter("olderThan", older_than, utoipa::schema!(u64)),
            query_parameter("unchangedFor", unchanged_for, utoipa::schema!(u64)),
            query_parameter("step", step, utoipa::schema!(String)),
        ]);
        parameters
    }
}

impl Instances {
    fn of(&self, saga: &SagaName, now: Timestamp) -> Selection<SagaRow> {
        let mut rows = Selection::new()
            .equal("saga", &saga.0)
            .limit(self.page.rows_to_read());
        if let Some(status) = self.status {
            rows = rows.equal("status", &status.to_owned());
        }
        if let Some(step) = &self.step {
            rows = rows.equal("step", &Some(step.clone()));
        }
        if let Some(age) = self.older_than {
            rows = rows.within("started_at", ..=before(now, age));
        }
        if let Some(age) = self.unchanged_for {
            rows = rows.within("changed_at", ..=before(now, age));
        }
        match &self.page.after {
            Some(Place(instance)) => rows.after(&(saga.0.clone(), instance.clone())),
            None => rows,
        }
    }
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    now.saturating_sub(age).unwrap_or(Timestamp::MIN)
}

/// An instance, as the read model tells of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InstanceRow {
    instance: String,
    /// `running`, `parked`, `completed`, `compensated` or `cancelled`; `notFound` if it was told
    /// something and never started.
    status: String,
    /// What it is parked, was undone or cancelled for.
    reason: Option<String>,
    /// The step it is at.
    step: Option<String>,
    /// The calls and timers that are open, with commas between.
    waits_for: String,
    /// The version of the definition it runs under.
    definition: u32,
    started_at: Timestamp,
    changed_at: Timestamp,
    /// Since when it has been in its status.
    since: Timestamp,
    /// When there is something to do for it next.
    due: Option<Timestamp>,
}

impl From<SagaRow> for InstanceRow {
    fn from(row: SagaRow) -> Self {
        Self {
            instance: row.instance,
            status: row.status,
            reason: row.reason,
            step: row.step,
            waits_for: row.waits_for,
            definition: row.definition,
            started_at: row.started_at,
            changed_at: row.changed_at,
            since: row.since,
            due: row.due,
        }
    }
}

/// All sagas of the service.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct AllSagas {
    /// Each of them, by name.
    sagas: Vec<SagaOverviewView>,
}

impl Operations {
    /// The same, with sagas: without them the routes of sagas are 404, and there are none.
    #[must_use]
    pub fn with_sagas(mut self, sagas: Sagas) -> Self {
        self.sagas = Some(sagas);
        self
    }

    /// The sagas, if there is one of this name; else 404.
    pub(super) fn sagas_with(&self, name: &SagaName) -> Result<&Sagas, Problem> {
        let sagas = self.sagas.as_ref();
        let found = sagas.filter(|sagas| sagas.names().any(|saga| saga == name.0));
        found.ok_or_else(|| Problem::not_found(format!("there is no saga {}", name.0)))
    }

    /// How each saga is, as far as that can be told now; it is measured as well.
    pub(super) async fn saga_overviews(&self) -> Vec<SagaOverviewView> {
        let Some(sagas) = &self.sagas else {
            return Vec::new();
        };
        let looks = sagas.names().map(async |saga| {
            let overview = self.answered("how a saga is", sagas.overview(saga)).await;
            sagas.measure(saga, overview.as_ref());
            SagaOverviewView::of(saga, overview)
        });
        join_all(looks).await
    }
}

/// How all sagas are: what is open, and what is stuck.
#[utoipa::path(
    get,
    path = "/sagas",
    tag = "operations",
    responses(
        (status = 200, body = AllSagas),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_sagas(State(operations): State<Arc<Operations>>) -> Answer<AllSagas> {
    let sagas = operations.saga_overviews().await;
    Answer::ok(AllSagas { sagas })
}

/// The instances of a saga, by name.
#[utoipa::path(
    get,
    path = "/sagas/{saga}",
    tag = "operations",
    params(SagaName, Instances),
    responses(
        (status = 200, body = Page<InstanceRow>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_instances(
    State(operations): State<Arc<Operations>>,
    Parameters((saga, wanted)): Parameters<(SagaName, Instances)>,
) -> Result<Answer<Page<InstanceRow>>, Problem> {
    let sagas = operations.sagas_with(&saga)?;
    let rows = sagas.list(wanted.of(&saga, operations.clock.now())).await?;
    let rows = rows.into_iter().map(InstanceRow::from).collect();
    let page = wanted
        .page
        .page(rows, |row: &InstanceRow| Place(row.instance.clone()));
    Ok(Answer::ok(page))
}
