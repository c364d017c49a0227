//! The routes of read models of the past: beginning one, looking at it, giving it back.

use std::num::NonZeroU32;
use std::sync::Arc;

use annals_core::{Position, TableFold, Timestamp};
use annals_runtime::{AsOf, PastHandle, PastId, PastOptions, PastPhase, Pasts};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::Operations;
use super::projections::ProjectionName;
use super::rebuilds::parse_rate;
use crate::answer::Answer;
use crate::body::WithBody;
use crate::faults::Faults;
use crate::fields::{Fields, FromFields};
use crate::object::{JsonValue, text};
use crate::openapi::path_parameter;
use crate::parameters::Parameters;
use crate::problem::Problem;

/// As of when a read model is wanted: either of a position or of a time.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct Begin {
    /// With all events up to this position, inclusive.
    #[schema(value_type = Option<u64>)]
    position: Option<Position>,
    /// With all events up to the last one that was recorded by then, inclusive.
    #[schema(value_type = Option<String>, format = DateTime)]
    time: Option<Timestamp>,
    /// Most events that are folded in a second; as many as can be unless given.
    #[schema(value_type = Option<u32>, minimum = 1)]
    events_per_second: Option<NonZeroU32>,
}

impl FromFields for Begin {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let begin = Self {
            position: fields.optional("position", parse_position),
            time: fields.optional("time", text(parse_time)),
            events_per_second: fields.optional("eventsPerSecond", parse_rate),
        };
        if begin.position.is_some() && begin.time.is_some() {
            fields.fault("time", "is given beside a position: give one of them");
        }
        Some(begin)
    }
}

fn parse_position(value: JsonValue) -> Result<Position, Faults> {
    let number = match value {
        JsonValue::Number(number) => number.parse().ok(),
        _ => None,
    };
    let fault = || Faults::whole("must be the position of an event: a whole number");
    number.map(Position).ok_or_else(fault)
}

fn parse_time(text: &str) -> Result<Timestamp, &'static str> {
    let time = text.parse();
    time.map_err(|_| "must be a time such as 2024-03-01T12:00:00Z")
}

impl Begin {
    fn as_of(&self) -> Result<AsOf, Problem> {
        let position = self.position.map(AsOf::Position);
        let as_of = position.or(self.time.map(AsOf::Time));
        as_of.ok_or_else(|| Problem::invalid(Faults::whole("needs a position or a time")))
    }
}

/// The `{id}` of the path.
#[derive(Debug, Clone)]
pub(super) struct PastKey(PastId);

impl FromFields for PastKey {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.path("id", str::parse).map(Self)
    }
}

impl utoipa::IntoParams for PastKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Which read model of the past.";
        vec![path_parameter("id", description, utoipa::schema!(String))]
    }
}

/// A read model of the past.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PastView {
    id: String,
    /// `folding`, `complete` or `failed`.
    phase: &'static str,
    /// Up to where it is folded.
    position: u64,
    /// Up to where it is to be folded; 0 until that is known.
    up_to: u64,
    /// How many events were taken in.
    events: u64,
    /// How many in a second, on average.
    events_per_second: f64,
    /// How many events it lacks because they cannot be applied, or wait for one that cannot. None
    /// until it is complete.
    parked: Option<u64>,
    /// Why it failed.
    error: Option<String>,
}

impl PastView {
    fn of(id: PastId, handle: &PastHandle) -> Self {
        let progress = handle.progress();
        let events_per_second = progress.rate();
        let (phase, error) = match progress.phase {
            PastPhase::Folding => ("folding", None),
            PastPhase::Complete => ("complete", None),
            PastPhase::Failed(error) => ("failed", Some(error.to_string())),
        };
        Self {
            id: id.to_string(),
            phase,
            position: progress.position.0,
            up_to: progress.up_to.0,
            events: progress.events,
            events_per_second,
            parked: handle.past().map(|past| past.parked()),
            error,
        }
    }
}

/// The read models of the past that are kept.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct PastViews {
    pasts: Vec<PastView>,
}

impl Operations {
    /// Those of the past, and how the one of a projection is made; 404 if it is not of typed tables.
    pub(super) fn pasts(&self, name: &ProjectionName) -> Result<(&Pasts, &TableFold), Problem> {
        let detail = || format!("there is no projection {} of typed tables", name.0);
        let found = self.pasts.as_ref();
        let found = found.and_then(|pasts| Some((pasts, pasts.fold(&name.0)?)));
        found.ok_or_else(|| Problem::not_found(detail()))
    }

    /// One of the past; 404 if there is none.
    pub(super) fn past(
        &self,
        name: &ProjectionName,
        key: &PastKey,
    ) -> Result<Arc<PastHandle>, Problem> {
        let found = self.pasts(name)?.0.find(&name.0, key.0);
        found.ok_or_else(|| no_past(name, key))
    }
}

fn no_past(name: &ProjectionName, key: &PastKey) -> Problem {
    let (projection, id) = (&name.0, key.0);
    Problem::not_found(format!(
        "there is no past {id} of {projection}: it was given back, or not used for too long"
    ))
}

/// The read models of the past of a projection, in this process.
#[utoipa::path(
    get,
    path = "/projections/{name}/past",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = PastViews),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_pasts(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<PastViews>, Problem> {
    let kept = operations.pasts(&name)?.0.list(&name.0);
    let pasts = kept.iter().map(|(id, handle)| PastView::of(*id, handle));
    Ok(Answer::ok(PastViews {
        pasts: pasts.collect(),
    }))
}

/// Begin to make a read model as it was, beside the one of today. It is kept in this process until it
/// is given back, or was not used for a quarter of an hour.
#[utoipa::path(
    post,
    path = "/projections/{name}/past",
    tag = "operations",
    params(ProjectionName),
    request_body = Begin,
    responses(
        (status = 202, body = PastView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn begin_past(
    State(operations): State<Arc<Operations>>,
    WithBody((name, begin)): WithBody<(ProjectionName, Begin)>,
) -> Result<Answer<PastView>, Problem> {
    let (pasts, _) = operations.pasts(&name)?;
    let options = PastOptions {
        throttle: begin.events_per_second,
        ..PastOptions::default()
    };
    let (id, handle) = pasts.keep(&name.0, begin.as_of()?, options)?;
    // Beside the one it was asked of, wherever that is mounted.
    let location = format!("past/{id}");
    Ok(Answer::accepted(&location, PastView::of(id, &handle)))
}

/// How far a read model of the past is.
#[utoipa::path(
    get,
    path = "/projections/{name}/past/{id}",
    tag = "operations",
    params(ProjectionName, PastKey),
    responses(
        (status = 200, body = PastView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_past(
    State(operations): State<Arc<Operations>>,
    Parameters((name, key)): Parameters<(ProjectionName, PastKey)>,
) -> Result<Answer<PastView>, Problem> {
    let past = operations.past(&name, &key)?;
    Ok(Answer::ok(PastView::of(key.0, &past)))
}

/// Give a read model of the past back, or give it up.
#[utoipa::path(
    delete,
    path = "/projections/{name}/past/{id}",
    tag = "operations",
    params(ProjectionName, PastKey),
    responses(
        (status = 204),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn discard_past(
    State(operations): State<Arc<Operations>>,
    Parameters((name, key)): Parameters<(ProjectionName, PastKey)>,
) -> Result<StatusCode, Problem> {
    match operations.pasts(&name)?.0.discard(&name.0, key.0) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no_past(&name, &key)),
    }
}
