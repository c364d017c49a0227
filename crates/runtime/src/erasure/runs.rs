//! Erasures that are under way in this process: one at most of each person.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use annals_core::SubjectId;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::EraseError;
use super::report::ErasureReport;

/// Longest time that whoever asks for an erasure waits for its report, once the key is destroyed.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// How far an erasure is.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    /// The key may be alive.
    Begun,
    /// The key is destroyed, and copies are being reached.
    KeyDestroyed,
    /// It is over.
    Ended(Result<ErasureReport, EraseError>),
}

/// Erasures that are under way in this process. They go on when nobody waits for them.
#[derive(Default)]
pub(super) struct Runs(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    tasks: JoinSet<()>,
    by_subject: HashMap<SubjectId, Run>,
    is_stopped: bool,
}

struct Run {
    task: AbortHandle,
    stage: watch::Receiver<Stage>,
}

impl Runs {
    /// The erasure of a person that is under way, or else one that is begun now.
    ///
    /// # Errors
    /// [`EraseError::Stopped`]: none is begun any more.
    pub(super) fn join<F>(
        &self,
        subject: &SubjectId,
        begin: impl FnOnce(watch::Sender<Stage>) -> F,
    ) -> Result<watch::Receiver<Stage>, EraseError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut inner = self.inner();
        if inner.is_stopped {
            return Err(EraseError::Stopped);
        }
        while inner.tasks.try_join_next().is_some() {}
        inner.by_subject.retain(|_, run| !run.task.is_finished());
        if let Some(run) = inner.by_subject.get(subject) {
            return Ok(run.stage.clone());
        }
        let (sender, stage) = watch::channel(Stage::Begun);
        let run = Run {
            task: inner.tasks.spawn(begin(sender)),
            stage: stage.clone(),
        };
        inner.by_subject.insert(subject.clone(), run);
        Ok(stage)
    }

    /// True while an erasure of this person is under way.
    pub(super) fn has(&self, subject: &SubjectId) -> bool {
        let inner = self.inner();
        let run = inner.by_subject.get(subject);
        run.is_some_and(|run| !run.task.is_finished())
    }

    /// Breaks off all, and begins none any more.
    pub(super) async fn stop(&self) {
        let mut tasks = {
            let mut inner = self.inner();
            inner.is_stopped = true;
            std::mem::take(&mut inner.tasks)
        };
        tasks.shutdown().await;
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What becomes of an erasure. Until its key is destroyed, it is waited for however long that takes.
pub(super) async fn answer(
    subject: &SubjectId,
    mut stage: watch::Receiver<Stage>,
) -> Result<ErasureReport, EraseError> {
    let is_past_the_key = |stage: &Stage| !matches!(stage, Stage::Begun);
    if stage.wait_for(is_past_the_key).await.is_err() {
        return Err(EraseError::Stopped);
    }
    let ended = stage.wait_for(|stage| matches!(stage, Stage::Ended(_)));
    match timeout(ANSWERS_WITHIN, ended)
        .await
        .map(|it| it.map(|it| it.clone()))
    {
        Ok(Ok(Stage::Ended(answer))) => answer,
        _ => Err(EraseError::Unfinished(subject.clone())),
    }
}
