//! What whoever operates the sagas hears of them: by a metric, and by the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// The counter of instances that were parked.
const PARKINGS: &str = "annals_saga_parkings_total";

pub(crate) struct Alarms {
    logged: Arc<AtomicU64>,
    counted: Snapshotter,
}

struct Errors(Arc<AtomicU64>);

impl<S: Subscriber> Layer<S> for Errors {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Alarms {
    /// Listens while something goes on in this thread.
    pub(crate) fn heard<T>(while_doing: impl FnOnce(&Self) -> T) -> T {
        let recorder = DebuggingRecorder::new();
        let alarms = Self {
            logged: Arc::default(),
            counted: recorder.snapshotter(),
        };
        let errors = Errors(Arc::clone(&alarms.logged)).with_filter(LevelFilter::ERROR);
        let log = tracing_subscriber::registry().with(errors);
        tracing::subscriber::with_default(log, || {
            metrics::with_local_recorder(&recorder, || while_doing(&alarms))
        })
    }

    /// How many errors the log tells of.
    pub(crate) fn logged(&self) -> u64 {
        self.logged.load(Ordering::Relaxed)
    }

    /// How many instances were parked, as the metric tells.
    pub(crate) fn counted(&self) -> u64 {
        let metrics = self.counted.snapshot().into_vec().into_iter();
        let parkings = metrics.filter(|(key, ..)| key.key().name() == PARKINGS);
        let counts = parkings.map(|(.., value)| match value {
            DebugValue::Counter(count) => count,
            _ => 0,
        });
        counts.sum()
    }
}
