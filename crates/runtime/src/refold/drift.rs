//! Looking for drift in the background: rows that are not what the events make of them.

use std::num::NonZeroU32;
use std::sync::{Arc, Weak};
use std::time::Duration;

use annals_core::RowsCheck;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::{RefoldError, RefoldOptions, RefoldSubject, check_rows};
use crate::backoff::wait;
use crate::era::Eras;
use crate::metrics::DriftMeter;

/// How drift is looked for in the background. The defaults are for production.
#[derive(Debug, Clone)]
pub struct DriftOptions {
    /// How rows are folded again, each time others.
    pub refold: RefoldOptions,
    /// How long after the start they are for the first time, and after a check that could not be made.
    pub first_after: Duration,
    /// How long after one check the next one begins.
    pub every: Duration,
}

impl Default for DriftOptions {
    /// Once a day, and so slowly that nobody else is held up.
    fn default() -> Self {
        Self {
            refold: RefoldOptions {
                throttle: NonZeroU32::new(5_000),
                ..RefoldOptions::default()
            },
            first_after: Duration::from_secs(10 * 60),
            every: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// How the last check ended; `None` before the first one has.
pub type LatestRowsCheck = Option<Result<RowsCheck, RefoldError>>;

/// Checks some rows of a read model again and again, in a task of its own. What drifted is logged as
/// an error, and counted by the gauge `annals_projection_drifted_rows` with the label `projection`.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn detect_drift(subject: RefoldSubject, options: DriftOptions) -> DriftDetection {
    let (results, latest) = watch::channel(None);
    let (results, eras) = (Arc::new(results), Arc::new(Eras::default()));
    let told = Arc::downgrade(&results);
    let checks = Checks {
        subject,
        options,
        eras: Arc::clone(&eras),
        results,
    };
    let task = tokio::spawn(checks.run()).abort_handle();
    DriftDetection {
        latest,
        told,
        eras,
        task,
    }
}

/// Checks that go on beside a projection. Dropping it ends them.
#[must_use = "dropping it ends the checks"]
#[derive(Debug)]
pub struct DriftDetection {
    latest: watch::Receiver<LatestRowsCheck>,
    /// Gone once there are no more checks.
    told: Weak<watch::Sender<LatestRowsCheck>>,
    eras: Arc<Eras>,
    task: AbortHandle,
}

impl DriftDetection {
    /// How the last check ended.
    pub fn latest(&self) -> LatestRowsCheck {
        self.latest.borrow().clone()
    }

    /// How each check ends, from now on. It is closed once there are no more.
    pub fn watch(&self) -> watch::Receiver<LatestRowsCheck> {
        self.latest.clone()
    }

    /// Keeps no values of rows that were found by now, nor of the check that is under way.
    pub(crate) fn forget(&self) {
        self.eras.end();
        if let Some(told) = self.told.upgrade() {
            told.send_modify(|latest| *latest = latest.take().and_then(without_values));
        }
    }

    /// Ends them, in the midst of one if need be. Then they have also let go of the store and the
    /// read model.
    pub async fn stop(&self) {
        self.task.abort();
        let mut latest = self.latest.clone();
        while latest.changed().await.is_ok() {}
    }
}

impl Drop for DriftDetection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task of a [`DriftDetection`], which ends by being aborted.
struct Checks {
    subject: RefoldSubject,
    options: DriftOptions,
    eras: Arc<Eras>,
    // Last, so that it is dropped last: whoever waits for its end may then open the store anew.
    results: Arc<watch::Sender<LatestRowsCheck>>,
}

impl Checks {
    async fn run(self) {
        let name = self.subject.fold.name();
        let meter = DriftMeter::new(name);
        wait(self.options.first_after).await;
        loop {
            let era = self.eras.now();
            let checked = check_rows(&self.subject, &self.options.refold).await;
            report(name, &meter, &checked);
            let pause = match checked {
                Ok(_) => self.options.every,
                Err(_) => self.options.first_after,
            };
            self.results.send_modify(|latest| {
                *latest = match self.eras.now() == era {
                    true => Some(checked),
                    false => without_values(checked),
                }
            });
            wait(pause).await;
        }
    }
}

/// What may be kept of a check when somebody was forgotten: the rows that it found say what they were,
/// and so may an error.
fn without_values(checked: Result<RowsCheck, RefoldError>) -> LatestRowsCheck {
    let check = checked.ok()?;
    Some(Ok(RowsCheck {
        examples: Vec::new(),
        ..check
    }))
}

fn report(projection: &'static str, meter: &DriftMeter, checked: &Result<RowsCheck, RefoldError>) {
    let check = match checked {
        Ok(check) => check,
        Err(error) => {
            tracing::warn!(projection, %error, "rows could not be checked");
            return;
        }
    };
    meter.checked(check);
    match check.is_right() {
        true => tracing::debug!(projection, %check, "rows checked"),
        false => tracing::error!(projection, %check, "rows drifted"),
    }
}
