//! What is told of a rebuild.

use annals_core::{Timestamp, Value};
use annals_runtime::{Comparison, Difference, RebuildPhase, RebuildProgress, TableComparison};
use serde::Serialize;
use utoipa::ToSchema;

use super::milliseconds;
use super::refolding::CheckView;

/// How far a rebuild is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RebuildView {
    /// `elsewhere`, while another process rebuilds it; `catching up`, `comparing`, `compared`; and
    /// over: `cut over`, `cancelled` or `failed`.
    phase: &'static str,
    /// True while it stands still because it was told to.
    is_paused: bool,
    /// Up to where the candidate is complete.
    position: u64,
    /// Where the store ends, as far as is known.
    head: u64,
    /// How many events were folded since it was begun, or begun again.
    events: u64,
    /// How many in a second, on average.
    events_per_second: f64,
    /// How long it takes to the end of the store, if it goes on like this.
    remaining_ms: Option<u64>,
    /// What was found when both editions were compared, as long as that is what is decided on. None
    /// if the current edition is of another declaration, whose rows are meant to differ.
    comparison: Option<ComparisonView>,
    /// Why it failed.
    error: Option<String>,
    /// Until when the read model that was read before is kept; null if there is none, or when that
    /// cannot be told now.
    previous_until: Option<Timestamp>,
}

/// What two editions hold at the same position.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ComparisonView {
    /// True if nothing differs.
    is_same: bool,
    /// At which position.
    position: u64,
    /// Table by table.
    tables: Vec<TableView>,
    /// Whether rows of the candidate are what the events make of them.
    refolded: CheckView,
}

/// What two editions of one table hold.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TableView {
    /// Which table.
    table: &'static str,
    /// How many rows the current edition has.
    current_rows: u64,
    /// How many the candidate has.
    candidate_rows: u64,
    /// How many rows were compared.
    compared: u64,
    /// How many of those differ.
    differing: u64,
    /// Some of them.
    differences: Vec<DifferenceView>,
}

/// A row that differs: its key, and its columns in both editions. None: it is not there.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DifferenceView {
    key: Vec<serde_json::Value>,
    current: Vec<serde_json::Value>,
    candidate: Option<Vec<serde_json::Value>>,
}

impl RebuildView {
    pub(super) fn of(progress: RebuildProgress, previous_until: Option<Timestamp>) -> Self {
        let remaining = progress.remaining();
        let events_per_second = progress.rate();
        let phase = progress.phase.name();
        let (comparison, error) = match progress.phase {
            RebuildPhase::Compared(comparison) => (comparison, None),
            RebuildPhase::Failed(error) => (None, Some(error.to_string())),
            _ => (None, None),
        };
        Self {
            phase,
            is_paused: progress.is_paused,
            position: progress.position.0,
            head: progress.head.0,
            events: progress.events,
            events_per_second,
            remaining_ms: remaining.map(milliseconds),
            comparison: comparison.map(ComparisonView::from),
            error,
            previous_until,
        }
    }
}

impl From<Comparison> for ComparisonView {
    fn from(comparison: Comparison) -> Self {
        Self {
            is_same: comparison.is_same(),
            position: comparison.position.0,
            tables: comparison.tables.into_iter().map(TableView::from).collect(),
            refolded: comparison.refolded.into(),
        }
    }
}

impl From<TableComparison> for TableView {
    fn from(table: TableComparison) -> Self {
        let differences = table.differences.iter().map(DifferenceView::from);
        Self {
            table: table.table,
            current_rows: table.current_rows,
            candidate_rows: table.candidate_rows,
            compared: table.compared,
            differing: table.differing,
            differences: differences.collect(),
        }
    }
}

impl From<&Difference> for DifferenceView {
    fn from(difference: &Difference) -> Self {
        Self {
            key: values(&difference.key),
            current: values(&difference.current),
            candidate: difference.candidate.as_deref().map(values),
        }
    }
}

pub(super) fn values(values: &[Value]) -> Vec<serde_json::Value> {
    let json = |value: &Value| {
        let json = value.to_string();
        serde_json::from_str(&json).unwrap_or(serde_json::Value::String(json))
    };
    values.iter().map(json).collect()
}
