//! What is measured of a projection, or of an effect.

use std::time::Duration;

use ::metrics::{Counter, Gauge, Histogram};
use annals_core::Position;

use super::names::{
    PROJECTION_BATCH_DURATION, PROJECTION_BATCH_EVENTS, PROJECTION_COMMIT_TO_VISIBLE,
    PROJECTION_EVENTS, PROJECTION_FAILURES, PROJECTION_LAG_EVENTS, PROJECTION_LAG_SECONDS,
    PROJECTION_LEASE_HELD, PROJECTION_PARKED_EVENTS, PROJECTION_PARKINGS, PROJECTION_POSITION,
    PROJECTION_RETRIES, PROJECTION_UP_TO_DATE,
};
use super::{Metric, number, yes};
use crate::projection::{Backlog, ErrorClass};

/// The metrics of one projection.
pub(crate) struct ProjectionMeter {
    position: Gauge,
    up_to_date: Gauge,
    lease_held: Gauge,
    lag_events: Gauge,
    lag: Gauge,
    parked: Gauge,
    commit_to_visible: Histogram,
    events: Counter,
    batch_events: Histogram,
    batch_duration: Histogram,
    retries: [Counter; ErrorClass::ALL.len()],
    failures: [Counter; ErrorClass::ALL.len()],
    parkings: Counter,
}

impl ProjectionMeter {
    pub(crate) fn new(projection: &str) -> Self {
        let labels = &[projection];
        let by_class = |metric: Metric| {
            ErrorClass::ALL.map(|class| metric.counter(&[projection, class.as_str()]))
        };
        Self {
            position: PROJECTION_POSITION.gauge(labels),
            up_to_date: PROJECTION_UP_TO_DATE.gauge(labels),
            lease_held: PROJECTION_LEASE_HELD.gauge(labels),
            lag_events: PROJECTION_LAG_EVENTS.gauge(labels),
            lag: PROJECTION_LAG_SECONDS.gauge(labels),
            parked: PROJECTION_PARKED_EVENTS.gauge(labels),
            commit_to_visible: PROJECTION_COMMIT_TO_VISIBLE.histogram(labels),
            events: PROJECTION_EVENTS.counter(labels),
            batch_events: PROJECTION_BATCH_EVENTS.histogram(labels),
            batch_duration: PROJECTION_BATCH_DURATION.histogram(labels),
            retries: by_class(PROJECTION_RETRIES),
            failures: by_class(PROJECTION_FAILURES),
            parkings: PROJECTION_PARKINGS.counter(labels),
        }
    }

    pub(crate) fn position(&self, position: Position) {
        self.position.set(number(position.0));
    }

    pub(crate) fn up_to_date(&self, is_up_to_date: bool) {
        self.up_to_date.set(yes(is_up_to_date));
    }

    pub(crate) fn lease_held(&self, is_held: bool) {
        self.lease_held.set(yes(is_held));
    }

    pub(crate) fn batch(&self, events: u64, took: Duration, visible_after: Duration) {
        self.events.increment(events);
        self.batch_events.record(number(events));
        self.batch_duration.record(took);
        self.commit_to_visible.record(visible_after);
    }

    pub(crate) fn retry(&self, class: ErrorClass) {
        self.retries[class as usize].increment(1);
    }

    pub(crate) fn failure(&self, class: ErrorClass) {
        self.failures[class as usize].increment(1);
    }

    pub(crate) fn parking(&self) {
        self.parkings.increment(1);
    }

    /// What is unknown is not a number.
    pub(crate) fn backlog(&self, backlog: &Backlog) {
        let events = |known: Option<u64>| known.map_or(f64::NAN, number);
        self.lag_events.set(events(backlog.lag_events));
        self.lag
            .set(backlog.lag.map_or(f64::NAN, |lag| lag.as_secs_f64()));
        self.parked.set(events(backlog.parked));
    }
}
