//! What is measured of a saga.

use std::num::NonZeroUsize;

use ::metrics::{Counter, Gauge};
use annals_core::{Decision, Ending, SagaEvent};

use super::names::{SAGA_ENDINGS, SAGA_ERRORS, SAGA_INPUTS, SAGA_PARKINGS, SAGA_SHARE};

/// The metrics of one saga.
pub(crate) struct SagaMeter {
    saga: &'static str,
    parkings: Counter,
    errors: Counter,
    share: Gauge,
}

impl SagaMeter {
    pub(crate) fn new(saga: &'static str) -> Self {
        let labels = &[saga];
        // So that they are there before the first one.
        for ending in ["completed", "compensated", "cancelled"] {
            SAGA_ENDINGS.counter(&[saga, ending]).increment(0);
        }
        SAGA_INPUTS.counter(&[saga, "reacted"]).increment(0);
        Self {
            saga,
            parkings: SAGA_PARKINGS.counter(labels),
            errors: SAGA_ERRORS.counter(labels),
            share: SAGA_SHARE.gauge(labels),
        }
    }

    /// Something was recorded of an instance.
    pub(crate) fn recorded(&self, event: &SagaEvent) {
        let (outcome, decisions) = match event {
            SagaEvent::Reacted { decisions, .. } => ("reacted", decisions.as_slice()),
            SagaEvent::Ignored { why, .. } => (why.name(), &[][..]),
        };
        SAGA_INPUTS.counter(&[self.saga, outcome]).increment(1);
        for decision in decisions {
            match decision {
                Decision::Park { .. } => self.parkings.increment(1),
                Decision::End(ending) => self.ended(ending),
                _ => {}
            }
        }
    }

    fn ended(&self, ending: &Ending) {
        let labels = &[self.saga, ending.name()];
        SAGA_ENDINGS.counter(labels).increment(1);
    }

    /// An instance could not go on.
    pub(crate) fn failed(&self) {
        self.errors.increment(1);
    }

    /// It is shared out among so many processes, and this is one of them.
    pub(crate) fn shared_among(&self, processes: NonZeroUsize) {
        self.share.set(1.0 / processes.get() as f64);
    }

    /// This process does nothing for it.
    pub(crate) fn stands_by(&self) {
        self.share.set(0.0);
    }
}
