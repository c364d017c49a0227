//! The events of an account: what happened, who asked, when, as part of what.

use annals::http::{Answer, Cursor, Freshness, Page, PageRequest, Parameters, Problem};
use annals::{Event, Recorded, StreamVersion, Timestamp};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::events::AccountEvent;
use super::ids::AccountId;
use crate::bank::Bank;

/// An event, as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    event_id: String,
    #[serde(rename = "type")]
    event_type: String,
    /// The version of the shape that `data` has.
    schema_version: u32,
    /// The version of the shape that is stored.
    stored_schema_version: u32,
    data: Value,
    version: u64,
    position: u64,
    recorded_at: Timestamp,
    /// The business time, or when it was recorded if it has none.
    happened_at: Timestamp,
    actor: Option<String>,
    correlation_id: Option<String>,
    causation_id: Option<String>,
    trace_parent: Option<String>,
}

impl EventView {
    fn of(Recorded { event, record, .. }: &Recorded<AccountEvent>) -> Result<Self, Problem> {
        let data = event.encode().map_err(|error| Problem::internal(&error))?;
        let data = serde_json::from_slice(&data).map_err(|error| Problem::internal(&error))?;
        let metadata = record.metadata.clone();
        Ok(Self {
            event_id: record.id.to_string(),
            event_type: event.schema().name.to_owned(),
            schema_version: event.schema().version,
            stored_schema_version: record.schema_version,
            data,
            version: record.version.0,
            position: record.position.0,
            recorded_at: record.recorded_at,
            happened_at: record.happened_at(),
            actor: metadata.actor,
            correlation_id: metadata.correlation,
            causation_id: metadata.causation,
            trace_parent: metadata.trace_parent,
        })
    }
}

/// The place of an event in the history of its account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(StreamVersion);

impl Cursor for Place {
    const COLLECTION: &'static str = "events";
}

/// The events of an account, oldest first, old shapes brought to the newest.
#[utoipa::path(
    get,
    path = "/accounts/{id}/history",
    tag = "queries",
    params(AccountId, PageRequest<Place>, Freshness),
    responses(
        (status = 200, body = Page<EventView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list_history(
    State(bank): State<Bank>,
    Parameters((account_id, page, freshness)): Parameters<(
        AccountId,
        PageRequest<Place>,
        Freshness,
    )>,
) -> Result<Answer<Page<EventView>>, Problem> {
    let position = freshness.check(bank.head().await?)?;
    let after = page
        .after
        .as_ref()
        .map_or(StreamVersion::NONE, |place| place.0);
    let rows = u64::from(page.rows_to_read());
    let events = bank
        .accounts()
        .history(account_id.as_str(), after, rows)
        .await?;
    if events.is_empty() && after == StreamVersion::NONE {
        return Err(Problem::not_found(format!(
            "there is no account {account_id}"
        )));
    }
    let views = events.iter().map(EventView::of).collect::<Result<_, _>>()?;
    let page = page.page(views, |view: &EventView| Place(StreamVersion(view.version)));
    Ok(Answer::ok(page).position(position))
}
