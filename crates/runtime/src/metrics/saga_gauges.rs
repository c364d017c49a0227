//! What is measured of the open instances of a saga, all together.

use std::time::Duration;

use ::metrics::Gauge;

use super::names::{SAGA_DUE, SAGA_INSTANCES, SAGA_OLDEST, SAGA_OVERDUE, SAGA_STUCK};
use super::number;
use crate::saga::{OpenInstances, SagaOverview};

/// The metrics of the open instances of one saga.
pub(crate) struct SagaGauges {
    running: Group,
    parked: Group,
    due: Group,
    stuck: Gauge,
}

/// How many there are, and the age of the oldest.
struct Group {
    count: Gauge,
    oldest: Gauge,
}

impl SagaGauges {
    pub(crate) fn new(saga: &str) -> Self {
        let in_status = |status| Group {
            count: SAGA_INSTANCES.gauge(&[saga, status]),
            oldest: SAGA_OLDEST.gauge(&[saga, status]),
        };
        Self {
            running: in_status("running"),
            parked: in_status("parked"),
            due: Group {
                count: SAGA_DUE.gauge(&[saga]),
                oldest: SAGA_OVERDUE.gauge(&[saga]),
            },
            stuck: SAGA_STUCK.gauge(&[saga]),
        }
    }

    /// What is unknown is not a number.
    pub(crate) fn set(&self, overview: Option<&SagaOverview>) {
        self.running.set(overview.map(|overview| &overview.running));
        self.parked.set(overview.map(|overview| &overview.parked));
        self.due.set(overview.map(|overview| &overview.due));
        self.stuck
            .set(overview.map_or(f64::NAN, |overview| number(overview.stuck)));
    }
}

impl Group {
    fn set(&self, instances: Option<&OpenInstances>) {
        let Some(OpenInstances { count, oldest }) = instances else {
            self.count.set(f64::NAN);
            self.oldest.set(f64::NAN);
            return;
        };
        self.count.set(number(*count));
        self.oldest
            .set(oldest.as_ref().map_or(0.0, Duration::as_secs_f64));
    }
}
