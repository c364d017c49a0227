//! Every metric: its name, its labels, and what it tells.

use super::{Metric, MetricKind};

/// All that is measured.
pub const METRICS: [Metric; 34] = [
    PROJECTION_POSITION,
    PROJECTION_UP_TO_DATE,
    PROJECTION_LEASE_HELD,
    PROJECTION_LAG_EVENTS,
    PROJECTION_LAG_SECONDS,
    PROJECTION_PARKED_EVENTS,
    PROJECTION_COMMIT_TO_VISIBLE,
    PROJECTION_EVENTS,
    PROJECTION_BATCH_EVENTS,
    PROJECTION_BATCH_DURATION,
    PROJECTION_RETRIES,
    PROJECTION_FAILURES,
    PROJECTION_PARKINGS,
    PROJECTION_DRIFTED_ROWS,
    REBUILD_PHASE,
    REBUILD_POSITION,
    REBUILD_REMAINING_EVENTS,
    REBUILD_EVENTS,
    AUDIT_COMPLETE_UP_TO,
    AUDIT_FINDINGS,
    AUDIT_ERRORS,
    COMMAND_DURATION,
    COMMANDS,
    COMMAND_ANSWER,
    SAGA_INPUTS,
    SAGA_ENDINGS,
    SAGA_PARKINGS,
    SAGA_ERRORS,
    SAGA_SHARE,
    SAGA_INSTANCES,
    SAGA_OLDEST,
    SAGA_DUE,
    SAGA_OVERDUE,
    SAGA_STUCK,
];

const PROJECTION: &[&str] = &["projection"];

pub(super) const PROJECTION_POSITION: Metric = Metric {
    name: "annals_projection_position",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "up to where the read model is complete",
};
pub(super) const PROJECTION_UP_TO_DATE: Metric = Metric {
    name: "annals_projection_up_to_date",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "1 while it is `live` or `standby`, else 0",
};
pub(super) const PROJECTION_LEASE_HELD: Metric = Metric {
    name: "annals_projection_lease_held",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "1 while this process holds the lease; 0 where there are no leases",
};
pub(super) const PROJECTION_LAG_EVENTS: Metric = Metric {
    name: "annals_projection_lag_events",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "how many events of the store are not handled yet; looked up for each answer",
};
pub(super) const PROJECTION_LAG_SECONDS: Metric = Metric {
    name: "annals_projection_lag_seconds",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "for how long the first event that is not handled has been recorded; looked up for each answer",
};
pub(super) const PROJECTION_PARKED_EVENTS: Metric = Metric {
    name: "annals_projection_parked_events",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "how many events are parked; looked up for each answer",
};
pub(super) const PROJECTION_COMMIT_TO_VISIBLE: Metric = Metric {
    name: "annals_projection_commit_to_visible_seconds",
    kind: MetricKind::Histogram,
    labels: PROJECTION,
    tells: "for how long the last event of a batch had been recorded when the batch was committed",
};
pub(super) const PROJECTION_EVENTS: Metric = Metric {
    name: "annals_projection_events_total",
    kind: MetricKind::Counter,
    labels: PROJECTION,
    tells: "events handled",
};
pub(super) const PROJECTION_BATCH_EVENTS: Metric = Metric {
    name: "annals_projection_batch_events",
    kind: MetricKind::Histogram,
    labels: PROJECTION,
    tells: "events of a batch",
};
pub(super) const PROJECTION_BATCH_DURATION: Metric = Metric {
    name: "annals_projection_batch_duration_seconds",
    kind: MetricKind::Histogram,
    labels: PROJECTION,
    tells: "how long it took to apply a batch and commit it",
};
pub(super) const PROJECTION_RETRIES: Metric = Metric {
    name: "annals_projection_retries_total",
    kind: MetricKind::Counter,
    labels: &["projection", "class"],
    tells: "how often something went wrong and was tried again, by class of the error",
};
pub(super) const PROJECTION_FAILURES: Metric = Metric {
    name: "annals_projection_failures_total",
    kind: MetricKind::Counter,
    labels: &["projection", "class"],
    tells: "how often it failed for good, by class of the error",
};
pub(super) const PROJECTION_PARKINGS: Metric = Metric {
    name: "annals_projection_parkings_total",
    kind: MetricKind::Counter,
    labels: PROJECTION,
    tells: "events that could not be applied and were parked, without those that wait for them",
};
pub(super) const PROJECTION_DRIFTED_ROWS: Metric = Metric {
    name: "annals_projection_drifted_rows",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "rows that the last check in the background found to be other than the events make them",
};
pub(super) const REBUILD_PHASE: Metric = Metric {
    name: "annals_rebuild_phase",
    kind: MetricKind::Gauge,
    labels: &["projection", "phase"],
    tells: "1 for the phase of the rebuild that was begun last, 0 for the others",
};
pub(super) const REBUILD_POSITION: Metric = Metric {
    name: "annals_rebuild_position",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "up to where the candidate is complete",
};
pub(super) const REBUILD_REMAINING_EVENTS: Metric = Metric {
    name: "annals_rebuild_remaining_events",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "how many events of the store the candidate has still before it",
};
pub(super) const REBUILD_EVENTS: Metric = Metric {
    name: "annals_rebuild_events_total",
    kind: MetricKind::Counter,
    labels: PROJECTION,
    tells: "events folded into candidates",
};
pub(super) const AUDIT_COMPLETE_UP_TO: Metric = Metric {
    name: "annals_audit_complete_up_to_position",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "up to where the audits in the background have proven the projection complete",
};
pub(super) const AUDIT_FINDINGS: Metric = Metric {
    name: "annals_audit_findings",
    kind: MetricKind::Gauge,
    labels: &["projection", "finding"],
    tells: "what the audits in the background found: `missing`, `foreign` and `repeated` positions, `altered` pages",
};
pub(super) const AUDIT_ERRORS: Metric = Metric {
    name: "annals_audit_errors_total",
    kind: MetricKind::Counter,
    labels: PROJECTION,
    tells: "audits in the background that could not be made",
};
pub(super) const COMMAND_DURATION: Metric = Metric {
    name: "annals_command_duration_seconds",
    kind: MetricKind::Histogram,
    labels: &["aggregate", "outcome"],
    tells: "how long commands took, by outcome; its count is how many there were",
};
pub(super) const COMMANDS: Metric = Metric {
    name: "annals_commands_total",
    kind: MetricKind::Counter,
    labels: &["command", "outcome"],
    tells: "commands that were sent by the bus, by what came of them",
};
pub(super) const COMMAND_ANSWER: Metric = Metric {
    name: "annals_command_answer_seconds",
    kind: MetricKind::Histogram,
    labels: &["command"],
    tells: "how long commands took that were sent by the bus, with their wait for a place",
};

pub(super) const SAGA_INPUTS: Metric = Metric {
    name: "annals_saga_inputs_total",
    kind: MetricKind::Counter,
    labels: &["saga", "outcome"],
    tells: "what instances were told, by what came of it",
};
pub(super) const SAGA_ENDINGS: Metric = Metric {
    name: "annals_saga_endings_total",
    kind: MetricKind::Counter,
    labels: &["saga", "ending"],
    tells: "instances that ended, by how",
};
pub(super) const SAGA_PARKINGS: Metric = Metric {
    name: "annals_saga_parkings_total",
    kind: MetricKind::Counter,
    labels: &["saga"],
    tells: "how often an instance began to wait for a person",
};
pub(super) const SAGA_ERRORS: Metric = Metric {
    name: "annals_saga_errors_total",
    kind: MetricKind::Counter,
    labels: &["saga"],
    tells: "how often nothing could be done for an instance that was due",
};
pub(super) const SAGA_SHARE: Metric = Metric {
    name: "annals_saga_share",
    kind: MetricKind::Gauge,
    labels: &["saga"],
    tells: "the share of the instances that this process does what is due for: 1 ÷ the processes; 0 while it stands by",
};
pub(super) const SAGA_INSTANCES: Metric = Metric {
    name: "annals_saga_instances",
    kind: MetricKind::Gauge,
    labels: &["saga", "status"],
    tells: "instances that are `running` or `parked`, counted to 1,000; looked up for each answer",
};
pub(super) const SAGA_OLDEST: Metric = Metric {
    name: "annals_saga_oldest_seconds",
    kind: MetricKind::Gauge,
    labels: &["saga", "status"],
    tells: "for how long the oldest of them has been so; looked up for each answer",
};
pub(super) const SAGA_DUE: Metric = Metric {
    name: "annals_saga_due_instances",
    kind: MetricKind::Gauge,
    labels: &["saga"],
    tells: "instances for which there is something to do now, counted to 1,000; looked up for each answer",
};
pub(super) const SAGA_OVERDUE: Metric = Metric {
    name: "annals_saga_overdue_seconds",
    kind: MetricKind::Gauge,
    labels: &["saga"],
    tells: "how late the latest of them is; looked up for each answer",
};
pub(super) const SAGA_STUCK: Metric = Metric {
    name: "annals_saga_stuck_instances",
    kind: MetricKind::Gauge,
    labels: &["saga"],
    tells: "instances that are parked or overdue; looked up for each answer",
};
