//! What is measured of the audits in the background.

use ::metrics::{Counter, Gauge};

use super::names::{AUDIT_COMPLETE_UP_TO, AUDIT_ERRORS, AUDIT_FINDINGS};
use super::number;
use crate::audit::Audit;

/// The metrics of the audits of one projection.
pub(crate) struct AuditMeter {
    complete_up_to: Gauge,
    missing: Gauge,
    foreign: Gauge,
    repeated: Gauge,
    altered: Gauge,
    errors: Counter,
}

impl AuditMeter {
    pub(crate) fn new(projection: &str) -> Self {
        let labels = &[projection];
        let findings = |kind| AUDIT_FINDINGS.gauge(&[projection, kind]);
        Self {
            complete_up_to: AUDIT_COMPLETE_UP_TO.gauge(labels),
            missing: findings("missing"),
            foreign: findings("foreign"),
            repeated: findings("repeated"),
            altered: findings("altered"),
            errors: AUDIT_ERRORS.counter(labels),
        }
    }

    pub(crate) fn audited(&self, audit: &Audit) {
        self.complete_up_to.set(number(audit.complete_up_to.0));
        self.missing.set(number(audit.missing.total));
        self.foreign.set(number(audit.foreign.total));
        self.repeated.set(number(audit.repeated.total));
        self.altered.set(number(audit.altered.total));
    }

    pub(crate) fn error(&self) {
        self.errors.increment(1);
    }
}
