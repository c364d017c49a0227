//! Folding rows of one read model again: to check them, and to make a few anew.

use std::sync::Arc;

use annals_core::{
    Cause, Edition, EventStore, PartitionKey, ReadModels, RowsCheck, StreamId, SubjectId, TableFold,
};
use async_trait::async_trait;

use crate::erasure::{Forgets, PlaceKind};
use crate::refold::{
    DriftDetection, DriftOptions, RefoldError, RefoldOptions, RefoldSubject, RowsRebuilt,
    check_rows, detect_drift, keys_of_stream, rebuild_rows,
};

/// The rows of one read model, as it is read, beside what the events make of them.
#[derive(Clone, Debug)]
pub struct Refolds {
    subject: RefoldSubject,
    drift: Option<Arc<DriftDetection>>,
}

impl Refolds {
    /// Those of the read model of a fold.
    pub fn new(
        store: &Arc<dyn EventStore>,
        read_models: &Arc<dyn ReadModels>,
        fold: TableFold,
    ) -> Self {
        let subject = RefoldSubject {
            store: Arc::clone(store),
            read_models: Arc::clone(read_models),
            fold,
            edition: Edition::Current,
        };
        let drift = None;
        Self { subject, drift }
    }

    /// The same, looking for drift in the background from now on, where the database allows it.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn with_drift_detection(mut self, options: DriftOptions) -> Self {
        if self.subject.read_models.editions().is_some() {
            let drift = detect_drift(self.subject.clone(), options);
            self.drift = Some(Arc::new(drift));
        }
        self
    }

    /// Folds some keys again, and compares their rows with those that are stored. It reads the whole
    /// log.
    ///
    /// # Errors
    /// [`RefoldError`] when it could not be done. What it finds is no error: see
    /// [`RowsCheck::is_right`].
    pub async fn check(&self) -> Result<RowsCheck, RefoldError> {
        self.check_with(&RefoldOptions::default()).await
    }

    /// As [`check`](Self::check), with options: such as for more keys.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub async fn check_with(&self, options: &RefoldOptions) -> Result<RowsCheck, RefoldError> {
        check_rows(&self.subject, options).await
    }

    /// Makes the rows of some keys anew from the log, and no others, while all goes on: see
    /// [`rebuild_rows`].
    ///
    /// # Errors
    /// [`RefoldError`]: nothing was written.
    pub async fn rebuild_keys(
        &self,
        keys: impl IntoIterator<Item = PartitionKey>,
    ) -> Result<RowsRebuilt, RefoldError> {
        let keys = keys.into_iter().collect();
        rebuild_rows(&self.subject, keys, &RefoldOptions::default()).await
    }

    /// Makes the rows anew that the events of a stream change.
    ///
    /// # Errors
    /// As [`rebuild_keys`](Self::rebuild_keys).
    pub async fn rebuild_stream(&self, stream: &StreamId) -> Result<RowsRebuilt, RefoldError> {
        let RefoldSubject { store, fold, .. } = &self.subject;
        let keys = keys_of_stream(&**store, fold, stream).await?;
        self.rebuild_keys(keys).await
    }

    /// Whose rows they are.
    pub(crate) fn subject(&self) -> &RefoldSubject {
        &self.subject
    }

    /// The checks in the background; `None` where there are none.
    pub fn drift(&self) -> Option<&DriftDetection> {
        self.drift.as_deref()
    }

    /// Ends the checks in the background.
    pub async fn stop(&self) {
        if let Some(drift) = &self.drift {
            drift.stop().await;
        }
    }
}

/// The rows that the checks in the background found are kept no longer.
#[async_trait]
impl Forgets for Refolds {
    fn name(&self) -> &str {
        self.subject.fold.name()
    }

    fn kind(&self) -> PlaceKind {
        PlaceKind::Comparisons
    }

    async fn forget(&self, _: &SubjectId) -> Result<(), Cause> {
        if let Some(drift) = &self.drift {
            drift.forget();
        }
        Ok(())
    }
}
