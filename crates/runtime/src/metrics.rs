//! What is measured.
//!
//! In reading order: `names` has every metric; `projection`, `rebuild`, `audit`, `drift`, `command`, `bus`,
//! `saga` and `saga_gauges` hold what each of those measures. Where the numbers go is up to the program: it
//! installs a recorder of the `metrics` crate before it starts anything that is measured, or none, and then
//! it costs nothing.

use ::metrics::{
    Counter, Gauge, Histogram, Label, Unit, counter, describe_counter, describe_gauge,
    describe_histogram, gauge, histogram,
};

pub(crate) use audit::AuditMeter;
pub(crate) use bus::{Answered, BusMeter};
pub(crate) use command::{CommandMeter, Outcome};
pub(crate) use drift::DriftMeter;
pub use names::METRICS;
pub(crate) use projection::ProjectionMeter;
pub(crate) use rebuild::RebuildMeter;
pub(crate) use saga::SagaMeter;
pub(crate) use saga_gauges::SagaGauges;

mod audit;
mod bus;
mod command;
mod drift;
mod names;
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
