//! The routes of rows that are folded again: checking them, making a few anew.

use std::sync::Arc;

use annals_core::{PartitionKey, StreamId};
use annals_runtime::Refolds;
use axum::extract::State;
use utoipa::ToSchema;

use super::Operations;
use super::projections::ProjectionName;
use super::refolding::{CheckView, RebuiltView};
use crate::answer::Answer;
use crate::body::WithBody;
use crate::faults::Faults;
use crate::fields::{Fields, FromFields};
use crate::object::{JsonValue, text};
use crate::parameters::Parameters;
use crate::problem::Problem;

/// Most keys that are made anew at once.
const MOST_KEYS: usize = 100;

/// Which rows are to be made anew: those that the events of a stream change, or those of some keys.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) enum RowsToRebuild {
    /// The name of the stream.
    #[schema(value_type = String)]
    Stream(StreamId),
    /// The keys, as checks and dead letters tell them: 1 to 100.
    #[schema(value_type = Vec<String>)]
    Keys(Vec<PartitionKey>),
}

impl FromFields for RowsToRebuild {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let stream = fields.optional("stream", text(str::parse));
        let keys = fields.optional("keys", parse_keys);
        match (stream, keys) {
            (Some(stream), None) => Some(Self::Stream(stream)),
            (None, Some(keys)) => Some(Self::Keys(keys)),
            _ => {
                let fault = "either this or keys must be given, as it should be, and not both";
                fields.fault("stream", fault);
                None
            }
        }
    }
}

fn parse_keys(value: JsonValue) -> Result<Vec<PartitionKey>, Faults> {
    let fault = || Faults::whole(format!("must be a list of 1 to {MOST_KEYS} texts"));
    let key = |value| match value {
        JsonValue::Text(text) => Ok(PartitionKey::from_text(&text)),
        _ => Err(fault()),
    };
    match value {
        JsonValue::List(keys) if (1..=MOST_KEYS).contains(&keys.len()) => {
            keys.into_iter().map(key).collect()
        }
        _ => Err(fault()),
    }
}

impl Operations {
    fn refolds(&self, name: &ProjectionName) -> Result<&Refolds, Problem> {
        self.find(name)?;
        let found = self.refolds.get(name.0.as_str());
        let detail = || format!("projection {} is not made of typed tables", name.0);
        found.ok_or_else(|| Problem::not_found(detail()))
    }
}

/// What the last check in the background has found; 404 if there was none yet.
#[utoipa::path(
    get,
    path = "/projections/{name}/rows/check",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = CheckView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_latest_check(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<CheckView>, Problem> {
    let latest = operations
        .refolds(&name)?
        .drift()
        .and_then(|it| it.latest());
    let detail = || format!("rows of projection {} were not checked yet", name.0);
    let checked = latest.ok_or_else(|| Problem::not_found(detail()))?;
    Ok(Answer::ok(checked?.into()))
}

/// Fold some rows again, and compare them with those that are stored. It reads the whole log.
#[utoipa::path(
    post,
    path = "/projections/{name}/rows/check",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = CheckView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn check_rows(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<CheckView>, Problem> {
    let check = operations.refolds(&name)?.check().await?;
    Ok(Answer::ok(check.into()))
}

/// Make the rows of a stream or of some keys anew from the log, and no others, while all goes on.
#[utoipa::path(
    post,
    path = "/projections/{name}/rows/rebuild",
    tag = "operations",
    params(ProjectionName),
    request_body = RowsToRebuild,
    responses(
        (status = 200, body = RebuiltView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn rebuild_rows(
    State(operations): State<Arc<Operations>>,
    WithBody((name, rows)): WithBody<(ProjectionName, RowsToRebuild)>,
) -> Result<Answer<RebuiltView>, Problem> {
    let refolds = operations.refolds(&name)?;
    let rebuilt = match rows {
        RowsToRebuild::Stream(stream) => refolds.rebuild_stream(&stream).await?,
        RowsToRebuild::Keys(keys) => refolds.rebuild_keys(keys).await?,
    };
    Ok(Answer::ok(rebuilt.into()))
}
