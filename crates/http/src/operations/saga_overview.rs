//! How a saga is, all its instances together, as it is answered.

use annals_core::Timestamp;
use annals_runtime::{OpenInstances, SagaAlarm, SagaOverview};
use serde::Serialize;
use utoipa::ToSchema;

use super::milliseconds;

/// How a saga is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct SagaOverviewView {
    /// Its name.
    name: &'static str,
    /// What is open; null when that cannot be told now.
    open: Option<OpenView>,
}

/// The open instances of a saga.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OpenView {
    /// Those that go on by themselves.
    running: InstancesView,
    /// Those that wait for a person.
    parked: InstancesView,
    /// Those for which there is something to do now; the oldest is the one that is latest.
    due: InstancesView,
    /// How many are parked or overdue.
    stuck: u64,
    /// Those that are stuck, the first hundred at most.
    alarms: Vec<AlarmView>,
    /// True if there are more than are counted.
    is_partial: bool,
}

/// Some instances, all together.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct InstancesView {
    count: u64,
    /// For how long the oldest of them has been so, in milliseconds; null when there are none.
    oldest_ms: Option<u64>,
}

/// An instance that is stuck.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct AlarmView {
    instance: String,
    /// `parked`: it waits for a person; `overdue`: it runs, and what has been due for long was not done.
    stuck: &'static str,
    /// The step it is at.
    step: Option<String>,
    /// What it is parked for.
    reason: Option<String>,
    since: Timestamp,
}

impl SagaOverviewView {
    pub(super) fn of(name: &'static str, overview: Option<SagaOverview>) -> Self {
        let open = overview.map(OpenView::from);
        Self { name, open }
    }
}

impl From<SagaOverview> for OpenView {
    fn from(overview: SagaOverview) -> Self {
        Self {
            running: overview.running.into(),
            parked: overview.parked.into(),
            due: overview.due.into(),
            stuck: overview.stuck,
            alarms: overview.alarms.into_iter().map(Into::into).collect(),
            is_partial: overview.is_partial,
        }
    }
}

impl From<OpenInstances> for InstancesView {
    fn from(instances: OpenInstances) -> Self {
        Self {
            count: instances.count,
            oldest_ms: instances.oldest.map(milliseconds),
        }
    }
}

impl From<SagaAlarm> for AlarmView {
    fn from(alarm: SagaAlarm) -> Self {
        Self {
            instance: alarm.instance,
            stuck: alarm.stuck.name(),
            step: alarm.step,
            reason: alarm.reason,
            since: alarm.since,
        }
    }
}
