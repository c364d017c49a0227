//! The routes of one instance of a saga: how it is, what happened to it, and what people ask of it.

use std::sync::Arc;

use annals_core::{Asked, InstanceId, StreamVersion, Unwanted};
use annals_runtime::{SagaDetails, SagaError, Sagas};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::Operations;
use super::asked_by::AskedBy;
use super::instance::{InstanceView, MomentView};
use super::reason::parse_reason;
use super::sagas::SagaName;
use crate::answer::Answer;
use crate::body::WithBody;
use crate::fields::{Fields, FromFields};
use crate::object::text;
use crate::openapi::path_parameter;
use crate::page::{Cursor, Page, PageRequest};
use crate::parameters::Parameters;
use crate::problem::Problem;

/// The `{saga}` and the `{instance}` of the path.
#[derive(Debug, Clone)]
pub(super) struct InstanceKey {
    saga: SagaName,
    instance: InstanceId,
}

impl FromFields for InstanceKey {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let saga = SagaName::from_fields(fields);
        let parse = |text: &str| InstanceId::new(text).map_err(|error| error.fault);
        let instance = fields.path("instance", parse);
        Some(Self {
            saga: saga?,
            instance: instance?,
        })
    }
}

impl utoipa::IntoParams for InstanceKey {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Which instance, percent-encoded.";
        let instance = path_parameter("instance", description, utoipa::schema!(String));
        let mut parameters = SagaName::into_params(parameter_in);
        parameters.push(instance);
        parameters
    }
}

/// The place of a moment in a timeline.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Place(StreamVersion);

impl Cursor for Place {
    const COLLECTION: &'static str = "saga-timeline";
}

/// Why something is asked of an instance.
#[derive(Debug, Clone, ToSchema)]
pub(super) struct Because {
    /// The reason, which is kept for ever: 1 to 1000 characters.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

impl FromFields for Because {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let reason = fields.required("reason", text(parse_reason));
        reason.map(|reason| Self { reason })
    }
}

impl InstanceKey {
    /// How it is; 404 if nothing was ever recorded of it.
    async fn details(&self, sagas: &Sagas) -> Result<SagaDetails, Problem> {
        let details = sagas.details(&self.saga.0, &self.instance).await?;
        details.ok_or_else(|| self.not_found())
    }

    async fn view(&self, sagas: &Sagas) -> Result<InstanceView, Problem> {
        let details = self.details(sagas).await?;
        Ok(InstanceView::of(self.instance.as_str(), details))
    }

    fn not_found(&self) -> Problem {
        let Self { saga, instance } = self;
        Problem::not_found(format!("there is no instance {instance} of {}", saga.0))
    }

    /// Asks for something, and tells how it is afterwards.
    async fn ask(
        &self,
        operations: &Operations,
        asked: Asked,
        AskedBy(by): AskedBy,
    ) -> Result<Answer<InstanceView>, Problem> {
        let sagas = operations.sagas_with(&self.saga)?;
        match sagas.ask(&self.saga.0, &self.instance, asked, by).await {
            Ok(()) => Ok(Answer::ok(self.view(sagas).await?)),
            Err(SagaError::Unwanted { why, .. }) => Err(self.unwanted(sagas, why).await?),
            Err(error) => Err(error.into()),
        }
    }

    /// Why nothing came of what was asked.
    async fn unwanted(&self, sagas: &Sagas, why: Unwanted) -> Result<Problem, Problem> {
        let (kind, title) = match why {
            Unwanted::NotFound => return Ok(self.not_found()),
            Unwanted::NotParked => ("saga-not-parked", "The instance is not parked"),
            _ => ("saga-over", "The instance is over"),
        };
        let latest = self.details(sagas).await?.latest;
        let state = latest.event.instance().map(|now| now.status.name());
        let problem = Problem::new(StatusCode::CONFLICT, kind, title).detail(why.to_string());
        Ok(problem.with("state", state))
    }
}

/// An instance: how it is by what is recorded of it, and what is open.
#[utoipa::path(
    get,
    path = "/sagas/{saga}/{instance}",
    tag = "operations",
    params(InstanceKey),
    responses(
        (status = 200, body = InstanceView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_instance(
    State(operations): State<Arc<Operations>>,
    Parameters(key): Parameters<InstanceKey>,
) -> Result<Answer<InstanceView>, Problem> {
    let sagas = operations.sagas_with(&key.saga)?;
    Ok(Answer::ok(key.view(sagas).await?))
}

/// All that an instance was told, and what it decided, oldest first.
#[utoipa::path(
    get,
    path = "/sagas/{saga}/{instance}/timeline",
    tag = "operations",
    params(InstanceKey, PageRequest<Place>),
    responses(
        (status = 200, body = Page<MomentView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_timeline(
    State(operations): State<Arc<Operations>>,
    Parameters((key, page)): Parameters<(InstanceKey, PageRequest<Place>)>,
) -> Result<Answer<Page<MomentView>>, Problem> {
    let sagas = operations.sagas_with(&key.saga)?;
    let after = page
        .after
        .as_ref()
        .map_or(StreamVersion::NONE, |place| place.0);
    let rows = page.rows_to_read().into();
    let moments = sagas
        .timeline(&key.saga.0, &key.instance, after, rows)
        .await?;
    if moments.is_empty() && page.after.is_none() {
        return Err(key.not_found());
    }
    let moments = moments.into_iter().map(MomentView::from).collect();
    let page = page.page(moments, |moment: &MomentView| Place(moment.version()));
    Ok(Answer::ok(page))
}

/// Try again what failed. 409 unless the instance is parked.
#[utoipa::path(
    post,
    path = "/sagas/{saga}/{instance}/retry",
    tag = "operations",
    params(InstanceKey, AskedBy),
    responses(
        (status = 200, body = InstanceView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn retry_instance(
    State(operations): State<Arc<Operations>>,
    WithBody((key, by)): WithBody<(InstanceKey, AskedBy)>,
) -> Result<Answer<InstanceView>, Problem> {
    key.ask(&operations, Asked::Retry, by).await
}

/// Go on as if what failed had been done, since somebody has seen to it. 409 unless the instance is
/// parked.
#[utoipa::path(
    post,
    path = "/sagas/{saga}/{instance}/skip",
    tag = "operations",
    params(InstanceKey, AskedBy),
    request_body = Because,
    responses(
        (status = 200, body = InstanceView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn skip_step(
    State(operations): State<Arc<Operations>>,
    WithBody((key, by, Because { reason })): WithBody<(InstanceKey, AskedBy, Because)>,
) -> Result<Answer<InstanceView>, Problem> {
    key.ask(&operations, Asked::Skip { reason }, by).await
}

/// Undo what was done. 409 if the instance is over.
#[utoipa::path(
    post,
    path = "/sagas/{saga}/{instance}/compensate",
    tag = "operations",
    params(InstanceKey, AskedBy),
    request_body = Because,
    responses(
        (status = 200, body = InstanceView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn compensate_instance(
    State(operations): State<Arc<Operations>>,
    WithBody((key, by, Because { reason })): WithBody<(InstanceKey, AskedBy, Because)>,
) -> Result<Answer<InstanceView>, Problem> {
    key.ask(&operations, Asked::Compensate { reason }, by).await
}

/// End it at once, as it is: nothing is undone. 409 if the instance is over.
#[utoipa::path(
    post,
    path = "/sagas/{saga}/{instance}/cancel",
    tag = "operations",
    params(InstanceKey, AskedBy),
    request_body = Because,
    responses(
        (status = 200, body = InstanceView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn cancel_instance(
    State(operations): State<Arc<Operations>>,
    WithBody((key, by, Because { reason })): WithBody<(InstanceKey, AskedBy, Because)>,
) -> Result<Answer<InstanceView>, Problem> {
    key.ask(&operations, Asked::Cancel { reason }, by).await
}
