//! What is measured of a rebuild.

use ::metrics::{Counter, Gauge};

use super::names::{REBUILD_EVENTS, REBUILD_PHASE, REBUILD_POSITION, REBUILD_REMAINING_EVENTS};
use super::{number, yes};
use crate::rebuild::{RebuildPhase, RebuildProgress};

/// The metrics of the rebuilds of one read model.
pub(crate) struct RebuildMeter {
    phases: [(&'static str, Gauge); RebuildPhase::NAMES.len()],
    position: Gauge,
    remaining: Gauge,
    events: Counter,
}

impl RebuildMeter {
    pub(crate) fn new(projection: &str) -> Self {
        let labels = &[projection];
        Self {
            phases: RebuildPhase::NAMES
                .map(|phase| (phase, REBUILD_PHASE.gauge(&[projection, phase]))),
            position: REBUILD_POSITION.gauge(labels),
            remaining: REBUILD_REMAINING_EVENTS.gauge(labels),
            events: REBUILD_EVENTS.counter(labels),
        }
    }

    pub(crate) fn progress(&self, progress: &RebuildProgress) {
        for (name, gauge) in &self.phases {
            gauge.set(yes(*name == progress.phase.name()));
        }
        let remaining = progress.head.0.saturating_sub(progress.position.0);
        self.position.set(number(progress.position.0));
        self.remaining.set(number(remaining));
    }

    pub(crate) fn events(&self, events: u64) {
        self.events.increment(events);
    }
}
