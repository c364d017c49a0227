//! One instance of a saga: how it is by what is recorded of it, not by the read model.

use std::collections::BTreeMap;

use annals_core::{
    Answer, EventStore, InstanceId, Read, SagaEvent, SagaInput, Source, StreamVersion, Timestamp,
    events_of,
};

use super::SagaError;
use super::operations::Sagas;

/// How far back it is looked for how calls failed.
const LOOKED_BACK: u64 = 100;

/// One thing that happened to an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct SagaMoment {
    /// Its place in the instance's history.
    pub version: StreamVersion,
    /// When it was recorded.
    pub at: Timestamp,
    /// What the instance was told, and what came of it.
    pub event: SagaEvent,
}

/// An instance, and what is known beside what was recorded last.
#[derive(Debug, Clone, PartialEq)]
pub struct SagaDetails {
    /// When it took its first input in.
    pub started_at: Timestamp,
    /// What happened to it last, with all there is to know of it since then.
    pub latest: SagaMoment,
    /// How calls failed last, by their numbers; of what happened before the last hundred things,
    /// nothing is told.
    pub failures: BTreeMap<u64, FailedAttempt>,
}

/// An attempt of a call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAttempt {
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// When that was recorded.
    pub at: Timestamp,
    /// How it failed.
    pub error: String,
}

impl Sagas {
    /// An instance as it is now. `None`: nothing was ever recorded of it.
    ///
    /// # Errors
    /// [`SagaError`] when it cannot be read.
    pub async fn details(
        &self,
        saga: &str,
        instance: &InstanceId,
    ) -> Result<Option<SagaDetails>, SagaError> {
        let stream = Source::stream(instance.stream(saga)?);
        let last = Read::backwards(stream.clone()).limit(LOOKED_BACK);
        let last = moments(self.store(), last).await?;
        let first = moments(self.store(), Read::forwards(stream).limit(1)).await?;
        let (Some(first), Some(latest)) = (first.first(), last.first()) else {
            return Ok(None);
        };
        Ok(Some(SagaDetails {
            started_at: first.at,
            latest: latest.clone(),
            failures: failures(&last),
        }))
    }

    /// What happened to an instance after a version of it, oldest first, at most so much.
    ///
    /// # Errors
    /// [`SagaError`] when it cannot be read.
    pub async fn timeline(
        &self,
        saga: &str,
        instance: &InstanceId,
        after: StreamVersion,
        limit: u64,
    ) -> Result<Vec<SagaMoment>, SagaError> {
        let source = Source::stream_after(instance.stream(saga)?, after);
        moments(self.store(), Read::forwards(source).limit(limit)).await
    }
}

pub(super) async fn moments(
    store: &dyn EventStore,
    read: Read,
) -> Result<Vec<SagaMoment>, SagaError> {
    let mut events = store.read(read).await?;
    let mut moments = Vec::new();
    while let Some(record) = events.try_next().await? {
        let moment = |event| SagaMoment {
            version: record.version,
            at: record.recorded_at,
            event,
        };
        moments.extend(events_of(&record)?.into_iter().map(moment));
    }
    Ok(moments)
}

/// How calls failed last, from the newest moment to the oldest.
fn failures(newest_first: &[SagaMoment]) -> BTreeMap<u64, FailedAttempt> {
    let mut failures = BTreeMap::new();
    for moment in newest_first {
        if let Some((number, attempt, error)) = failure(moment.event.input()) {
            failures.entry(number).or_insert_with(|| FailedAttempt {
                attempt,
                at: moment.at,
                error: error.to_owned(),
            });
        }
    }
    failures
}

fn failure(input: &SagaInput) -> Option<(u64, u32, &str)> {
    match input {
        SagaInput::Failure {
            number,
            attempt,
            error,
            ..
        }
        | SagaInput::Answer {
            number,
            attempt,
            answer: Answer::GaveUp { error },
            ..
        } => Some((*number, *attempt, error)),
        _ => None,
    }
}
