//! What a projection has done so far, as it is answered.

use annals_runtime::ProjectionActivity;
use serde::Serialize;
use utoipa::ToSchema;

use super::milliseconds;

/// What a projection has done in this process so far.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActivityView {
    /// How many events it handled in a second, on average over the last minute.
    events_per_second: f64,
    /// In which batches.
    batches: BatchesView,
    /// How often something went wrong and was tried again.
    retries: u64,
    /// For how long the last event of the last batch had been recorded when it was committed, in
    /// milliseconds; null before the first.
    visible_after_ms: Option<u64>,
}

/// The batches of a projection.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BatchesView {
    /// How many there were.
    count: u64,
    /// How many events the last one had.
    last_size: u64,
    /// How many they had on average.
    mean_size: f64,
}

impl From<ProjectionActivity> for ActivityView {
    fn from(activity: ProjectionActivity) -> Self {
        Self {
            events_per_second: activity.events_per_second,
            batches: BatchesView {
                count: activity.batches,
                last_size: activity.last_batch,
                mean_size: activity.mean_batch(),
            },
            retries: activity.retries,
            visible_after_ms: activity.visible_after.map(milliseconds),
        }
    }
}
