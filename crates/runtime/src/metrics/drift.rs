//! What is measured of the checks of rows in the background.

use annals_core::RowsCheck;

use super::names::PROJECTION_DRIFTED_ROWS;
use super::number;

/// The metric of the checks of one projection.
pub(crate) struct DriftMeter {
    drifted: ::metrics::Gauge,
}

impl DriftMeter {
    pub(crate) fn new(projection: &str) -> Self {
        let drifted = PROJECTION_DRIFTED_ROWS.gauge(&[projection]);
        Self { drifted }
    }

    pub(crate) fn checked(&self, check: &RowsCheck) {
        self.drifted.set(number(check.drifted));
    }
}
