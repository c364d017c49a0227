//! What is measured of the service, as Prometheus reads it.

use std::time::Duration;

use annals::runtime::describe_metrics;
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use crate::error::Error;

/// Up to how many seconds something took: from what a cache answers to what stood still for hours.
const SECONDS: [f64; 17] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
    600.0, 3600.0,
];

/// Up to how many events a batch had.
const EVENTS: [f64; 6] = [1.0, 4.0, 16.0, 64.0, 256.0, 512.0];

/// How often what was measured is summed up, so that it takes no more memory when nobody asks.
const SUMMED_UP_EVERY: Duration = Duration::from_secs(5);

/// What was measured so far. Clones are of the same.
#[derive(Clone, Debug)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Measures all that is started in this process from now on.
    ///
    /// # Errors
    /// [`Error::MetricsTaken`].
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn install() -> Result<Self, Error> {
        let recorder = recorder();
        let measured = Self::of(&recorder);
        metrics::set_global_recorder(recorder).map_err(|_| Error::MetricsTaken)?;
        describe_metrics();
        tokio::spawn(measured.clone().sum_up());
        Ok(measured)
    }

    /// What a recorder measures.
    pub fn of(recorder: &PrometheusRecorder) -> Self {
        Self(recorder.handle())
    }

    /// What was measured so far, as Prometheus reads it.
    pub fn render(&self) -> String {
        self.0.render()
    }

    async fn sum_up(self) {
        let mut next = tokio::time::interval(SUMMED_UP_EVERY);
        loop {
            next.tick().await;
            self.0.run_upkeep();
        }
    }
}

/// A recorder that counts durations and batches by how long and how large they are.
pub fn recorder() -> PrometheusRecorder {
    let suffix = |suffix: &str| Matcher::Suffix(suffix.to_owned());
    PrometheusBuilder::new()
        .set_buckets_for_metric(suffix("_seconds"), &SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(suffix("_batch_events"), &EVENTS))
        .expect("neither list is empty")
        .build_recorder()
}
