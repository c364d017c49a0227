//! What is measured: every metric by its name, its labels and what it tells.
//!
//! In reading order: here are the names; `projection`, `rebuild`, `audit`, `drift`, `command`, `bus`, `saga`
//! and `saga_gauges` hold what each of those measures. Where the numbers go is up to the program: it installs a recorder of the
//! `metrics` crate before it starts anything that is measured, or none, and then it costs nothing.

use ::metrics::{
    Counter, Gauge, Histogram, Label, Unit, counter, describe_counter, describe_gauge,
    describe_histogram, gauge, histogram,
};

pub(crate) use audit::AuditMeter;
pub(crate) use bus::{Answered, BusMeter};
pub(crate) use command::{CommandMeter, Outcome};
pub(crate) use drift::DriftMeter;
pub(crate) use projection::ProjectionMeter;
pub(crate) use rebuild::RebuildMeter;
pub(crate) use saga::SagaMeter;
pub(crate) use saga_gauges::SagaGauges;

mod audit;
mod bus;
mod command;
mod drift;
mod projection;
mod rebuild;
mod saga;
mod saga_gauges;

/// A metric: all numbers of one name, told apart by labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name. It ends in its unit, unless that is a number of things, or yes (1) or no (0).
    pub name: &'static str,
    /// How it changes.
    pub kind: MetricKind,
    /// What its numbers are told apart by.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub tells: &'static str,
}

/// How a metric changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows, from 0 when the process starts.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It counts values by how large they are.
    Histogram,
}

/// All that is measured.
pub const METRICS: [Metric; 33] = [
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
    SAGA_INSTANCES,
    SAGA_OLDEST,
    SAGA_DUE,
    SAGA_OVERDUE,
    SAGA_STUCK,
];

const PROJECTION: &[&str] = &["projection"];

const PROJECTION_POSITION: Metric = Metric {
    name: "annals_projection_position",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "up to where the read model is complete",
};
const PROJECTION_UP_TO_DATE: Metric = Metric {
    name: "annals_projection_up_to_date",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "1 while it is `live` or `standby`, else 0",
};
const PROJECTION_LEASE_HELD: Metric = Metric {
    name: "annals_projection_lease_held",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "1 while this process holds the lease; 0 where there are no leases",
};
const PROJECTION_LAG_EVENTS: Metric = Metric {
    name: "annals_projection_lag_events",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "how many events of the store are not handled yet; looked up for each answer",
};
const PROJECTION_LAG_SECONDS: Metric = Metric {
    name: "annals_projection_lag_seconds",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "for how long the first event that is not handled has been recorded; looked up for each answer",
};
const PROJECTION_PARKED_EVENTS: Metric = Metric {
    name: "annals_projection_parked_events",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "how many events are parked; looked up for each answer",
};
const PROJECTION_COMMIT_TO_VISIBLE: Metric = Metric {
    name: "annals_projection_commit_to_visible_seconds",
    kind: MetricKind::Histogram,
    labels: PROJECTION,
    tells: "for how long the last event of a batch had been recorded when the batch was committed",
};
const PROJECTION_EVENTS: Metric = Metric {
    name: "annals_projection_events_total",
    kind: MetricKind::Counter,
    labels: PROJECTION,
    tells: "events handled",
};
const PROJECTION_BATCH_EVENTS: Metric = Metric {
    name: "annals_projection_batch_events",
    kind: MetricKind::Histogram,
    labels: PROJECTION,
    tells: "events of a batch",
};
const PROJECTION_BATCH_DURATION: Metric = Metric {
    name: "annals_projection_batch_duration_seconds",
    kind: MetricKind::Histogram,
    labels: PROJECTION,
    tells: "how long it took to apply a batch and commit it",
};
const PROJECTION_RETRIES: Metric = Metric {
    name: "annals_projection_retries_total",
    kind: MetricKind::Counter,
    labels: &["projection", "class"],
    tells: "how often something went wrong and was tried again, by class of the error",
};
const PROJECTION_FAILURES: Metric = Metric {
    name: "annals_projection_failures_total",
    kind: MetricKind::Counter,
    labels: &["projection", "class"],
    tells: "how often it failed for good, by class of the error",
};
const PROJECTION_PARKINGS: Metric = Metric {
    name: "annals_projection_parkings_total",
    kind: MetricKind::Counter,
    labels: PROJECTION,
    tells: "events that could not be applied and were parked, without those that wait for them",
};
const PROJECTION_DRIFTED_ROWS: Metric = Metric {
    name: "annals_projection_drifted_rows",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "rows that the last check in the background found to be other than the events make them",
};
const REBUILD_PHASE: Metric = Metric {
    name: "annals_rebuild_phase",
    kind: MetricKind::Gauge,
    labels: &["projection", "phase"],
    tells: "1 for the phase of the rebuild that was begun last, 0 for the others",
};
const REBUILD_POSITION: Metric = Metric {
    name: "annals_rebuild_position",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "up to where the candidate is complete",
};
const REBUILD_REMAINING_EVENTS: Metric = Metric {
    name: "annals_rebuild_remaining_events",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "how many events of the store the candidate has still before it",
};
const REBUILD_EVENTS: Metric = Metric {
    name: "annals_rebuild_events_total",
    kind: MetricKind::Counter,
    labels: PROJECTION,
    tells: "events folded into candidates",
};
const AUDIT_COMPLETE_UP_TO: Metric = Metric {
    name: "annals_audit_complete_up_to_position",
    kind: MetricKind::Gauge,
    labels: PROJECTION,
    tells: "up to where the audits in the background have proven the projection complete",
};
const AUDIT_FINDINGS: Metric = Metric {
    name: "annals_audit_findings",
    kind: MetricKind::Gauge,
    labels: &["projection", "finding"],
    tells: "what the audits in the background found: `missing`, `foreign` and `repeated` positions, `altered` pages",
};
const AUDIT_ERRORS: Metric = Metric {
    name: "annals_audit_errors_total",
    kind: MetricKind::Counter,
    labels: PROJECTION,
    tells: "audits in the background that could not be made",
};
const COMMAND_DURATION: Metric = Metric {
    name: "annals_command_duration_seconds",
    kind: MetricKind::Histogram,
    labels: &["aggregate", "outcome"],
    tells: "how long commands took, by outcome; its count is how many there were",
};
const COMMANDS: Metric = Metric {
    name: "annals_commands_total",
    kind: MetricKind::Counter,
    labels: &["command", "outcome"],
    tells: "commands that were sent by the bus, by what came of them",
};
const COMMAND_ANSWER: Metric = Metric {
    name: "annals_command_answer_seconds",
    kind: MetricKind::Histogram,
    labels: &["command"],
    tells: "how long commands took that were sent by the bus, with their wait for a place",
};

const SAGA_INPUTS: Metric = Metric {
    name: "annals_saga_inputs_total",
    kind: MetricKind::Counter,
    labels: &["saga", "outcome"],
    tells: "what instances were told, by what came of it",
};
const SAGA_ENDINGS: Metric = Metric {
    name: "annals_saga_endings_total",
    kind: MetricKind::Counter,
    labels: &["saga", "ending"],
    tells: "instances that ended, by how",
};
const SAGA_PARKINGS: Metric = Metric {
    name: "annals_saga_parkings_total",
    kind: MetricKind::Counter,
    labels: &["saga"],
    tells: "how often an instance began to wait for a person",
};
const SAGA_ERRORS: Metric = Metric {
    name: "annals_saga_errors_total",
    kind: MetricKind::Counter,
    labels: &["saga"],
    tells: "how often nothing could be done for an instance that was due",
};
const SAGA_INSTANCES: Metric = Metric {
    name: "annals_saga_instances",
    kind: MetricKind::Gauge,
    labels: &["saga", "status"],
    tells: "instances that are `running` or `parked`, counted to 1,000; looked up for each answer",
};
const SAGA_OLDEST: Metric = Metric {
    name: "annals_saga_oldest_seconds",
    kind: MetricKind::Gauge,
    labels: &["saga", "status"],
    tells: "for how long the oldest of them has been so; looked up for each answer",
};
const SAGA_DUE: Metric = Metric {
    name: "annals_saga_due_instances",
    kind: MetricKind::Gauge,
    labels: &["saga"],
    tells: "instances for which there is something to do now, counted to 1,000; looked up for each answer",
};
const SAGA_OVERDUE: Metric = Metric {
    name: "annals_saga_overdue_seconds",
    kind: MetricKind::Gauge,
    labels: &["saga"],
    tells: "how late the latest of them is; looked up for each answer",
};
const SAGA_STUCK: Metric = Metric {
    name: "annals_saga_stuck_instances",
    kind: MetricKind::Gauge,
    labels: &["saga"],
    tells: "instances that are parked or overdue; looked up for each answer",
};

/// Tells the recorder what the [metrics](METRICS) are. To be called once it is installed, by whoever
/// installs it.
pub fn describe_metrics() {
    for metric in METRICS {
        let unit = metric.unit();
        match metric.kind {
            MetricKind::Counter => describe_counter!(metric.name, unit, metric.tells),
            MetricKind::Gauge => describe_gauge!(metric.name, unit, metric.tells),
            MetricKind::Histogram => describe_histogram!(metric.name, unit, metric.tells),
        }
    }
}

impl Metric {
    fn unit(&self) -> Unit {
        match self.name.ends_with("_seconds") {
            true => Unit::Seconds,
            false => Unit::Count,
        }
    }

    fn counter(&self, values: &[&str]) -> Counter {
        counter!(self.name, self.labelled(values))
    }

    fn gauge(&self, values: &[&str]) -> Gauge {
        gauge!(self.name, self.labelled(values))
    }

    fn histogram(&self, values: &[&str]) -> Histogram {
        histogram!(self.name, self.labelled(values))
    }

    fn labelled(&self, values: &[&str]) -> Vec<Label> {
        let labels = self.labels.iter().zip(values);
        labels
            .map(|(label, value)| Label::new(*label, (*value).to_owned()))
            .collect()
    }
}

/// 1 for yes, 0 for no.
fn yes(is_it: bool) -> f64 {
    f64::from(u8::from(is_it))
}

/// A number of events, or a position, as metrics have it: exact up to 2⁵³.
fn number(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
