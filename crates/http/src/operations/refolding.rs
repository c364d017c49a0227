//! What is told of rows that were folded again.

use annals_core::{PartitionKey, RowDrift, RowsCheck};
use annals_runtime::RowsRebuilt;
use serde::Serialize;
use utoipa::ToSchema;

use super::rebuilding::values;

/// Whether rows are what the events make of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CheckView {
    /// True if each row that was compared is as it should be.
    is_right: bool,
    /// At which position.
    position: u64,
    /// How many keys were folded again and compared.
    keys: u64,
    /// How many rows that was, or places where there is to be none.
    rows: u64,
    /// How many of those are not as they should be.
    drifted: u64,
    /// Some of them.
    examples: Vec<DriftView>,
    /// How many keys could not be compared, and why.
    left_out: LeftOutView,
}

/// Keys that could not be compared.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LeftOutView {
    /// They have dead letters.
    with_dead_letters: u64,
    /// Their events belong to others as well.
    entangled: u64,
    /// An event of theirs cannot be applied.
    failed: u64,
    /// They have too many rows.
    too_large: u64,
}

/// A row that is not what the events make of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct DriftView {
    table: &'static str,
    key: Vec<serde_json::Value>,
    /// The keys by which it can be made anew.
    keys: Vec<String>,
    /// What the events make of it. None: it is not to be there.
    refolded: Option<Vec<serde_json::Value>>,
    /// What is stored. None: it is missing.
    stored: Option<Vec<serde_json::Value>>,
}

/// Rows that were made anew.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct RebuiltView {
    /// How they were before: what had drifted is as it should be now.
    before: CheckView,
    /// The positions of parked events that are applied by that.
    unparked: Vec<u64>,
}

impl From<RowsCheck> for CheckView {
    fn from(check: RowsCheck) -> Self {
        Self {
            is_right: check.is_right(),
            position: check.position.0,
            keys: check.keys,
            rows: check.rows,
            drifted: check.drifted,
            examples: check.examples.iter().map(DriftView::from).collect(),
            left_out: LeftOutView {
                with_dead_letters: check.with_dead_letters,
                entangled: check.entangled,
                failed: check.failed,
                too_large: check.too_large,
            },
        }
    }
}

impl From<&RowDrift> for DriftView {
    fn from(drift: &RowDrift) -> Self {
        Self {
            table: drift.table,
            key: values(&drift.key),
            keys: drift
                .partitions
                .iter()
                .map(PartitionKey::to_string)
                .collect(),
            refolded: drift.refolded.as_deref().map(values),
            stored: drift.stored.as_deref().map(values),
        }
    }
}

impl From<RowsRebuilt> for RebuiltView {
    fn from(rebuilt: RowsRebuilt) -> Self {
        Self {
            before: rebuilt.before.into(),
            unparked: rebuilt.unparked.iter().map(|it| it.0).collect(),
        }
    }
}
