//! Events, as they are answered: what happened, who asked, when, as part of what.

use annals::http::Cursor;
use annals::{Event, Recorded, StreamVersion, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An event, as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventView {
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
    /// Of an event that tells this.
    pub(crate) fn of<E: Event>(recorded: &Recorded<E>, data: Value) -> Self {
        let Recorded { event, record, .. } = recorded;
        let metadata = record.metadata.clone();
        Self {
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
        }
    }
}

/// The place of an event in a history.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct EventPlace(pub(crate) StreamVersion);

impl EventPlace {
    /// That of an event.
    pub(crate) fn of(view: &EventView) -> Self {
        Self(StreamVersion(view.version))
    }
}

impl Cursor for EventPlace {
    const COLLECTION: &'static str = "events";
}
