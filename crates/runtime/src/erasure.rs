//! Forgetting persons: their key is destroyed, and what copies say is reached.
//!
//! In reading order: `event` is what the log says of it, and `report` what was reached; `runs` are the
//! erasures under way; `places` are where copies may be; `trace` finds what the events of a person have
//! touched, and `reach` goes from place to place, to `letters` and `rows` among others; `elsewhere` is
//! what every other process does, and `reconciling` what a process does before it begins.

use std::sync::Arc;

use annals_core::{
    Append, AppendError, AppendId, DecodeError, Event, EventId, EventStore, ExpectedVersion,
    IdSource, InvalidAppend, InvalidName, KeyStoreError, Metadata, Position, RandomIds, Read,
    ReadError, SideStoreError, Source, StreamId, SubjectId, events_of,
};
use annals_keys::Keyring;
use tokio::sync::{Semaphore, watch};

use crate::personal_events::PersonalEvents;
use event::PersonalDataEvent;
use reach::{BACKOFF, Reach};
use runs::{Runs, Stage, answer};

pub use elsewhere::ErasuresElsewhere;
pub(crate) use event::{anyone_forgotten_after, erasure_stream, erasures_of};
pub use places::{ErasurePlaces, Forgets};
pub use reconciling::{Reconciled, destroy_keys_again};
pub use report::{ErasureReport, OutOfReach, PlaceKind, Reached};

mod elsewhere;
mod event;
mod letters;
mod places;
mod reach;
mod reconciling;
mod report;
mod rows;
mod runs;
mod trace;

/// Most erasures that go from place to place at one time.
const AT_ONCE: usize = 2;

/// Forgets persons. Clones are the same.
///
/// # Contract
///
/// 1. The log says that a person was forgotten before anything else happens, so that whatever is cut
///    off after that is finished: by who asks again, or [when a process starts](Self::finish).
/// 2. Once [`erase`](Self::erase) answers, with a report or with [`EraseError::Unfinished`], the key is
///    destroyed, and this process gives it to no reader any more.
/// 3. The report is recorded in the log once all places were reached. An erasure that is repeated has
///    the same report, and changes nothing.
/// 4. Nothing of any other person changes.
/// 5. It goes on when nobody waits for it. Whoever asks while it goes on waits for the same one.
/// 6. A place that cannot be reached holds up no other.
#[derive(Clone)]
pub struct Erasures {
    shared: Arc<Shared>,
    runs: Arc<Runs>,
}

/// What erasures work on.
struct Shared {
    store: Arc<dyn EventStore>,
    keyring: Arc<Keyring>,
    personal: PersonalEvents,
    places: ErasurePlaces,
    ids: Arc<dyn IdSource>,
    turns: Semaphore,
}

/// Why there is no report of an erasure.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum EraseError {
    /// The service has no keyring, so there is nothing that could be erased.
    /// **Do:** declare the events with personal fields, or give the service a keyring.
    #[error("the service has no keyring")]
    NoKeyring,
    /// No person can have this name.
    /// **Do:** fix it; the same one is refused every time.
    #[error(transparent)]
    Subject(#[from] InvalidName),
    /// The log does not say that they are forgotten, or that is not known. Nothing was destroyed.
    /// **Do:** what [`AppendError`] says; to ask again is safe in any case.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// It is not known whether the key was destroyed.
    /// **Do:** ask again; a process that starts destroys it as well.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    /// It is not known whether what is kept beside the log was deleted.
    /// **Do:** ask again; a process that starts deletes it as well.
    #[error(transparent)]
    Beside(#[from] SideStoreError),
    /// The log could not be read. By then the key may be destroyed.
    /// **Do:** what [`ReadError`] says, and ask again.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The report was written by newer code.
    /// **Do:** deploy the code that wrote it.
    #[error("the report cannot be read: {0}")]
    Report(Arc<DecodeError>),
    /// The key is destroyed. What copies say is still being reached, or that was broken off.
    /// **Do:** ask again for the report.
    #[error("personal data of {0} is erased, and copies are still being reached")]
    Unfinished(SubjectId),
    /// This process stops, or failed at it. How far the erasure came is not known.
    /// **Do:** ask a process that runs.
    #[error("this process has left the erasure off")]
    Stopped,
}

impl Erasures {
    /// Erasures of persons that events of a store are about. The store must be read
    /// [with the keyring](crate::KeyedStore).
    pub fn new(
        store: Arc<dyn EventStore>,
        keyring: Arc<Keyring>,
        personal: PersonalEvents,
        places: ErasurePlaces,
    ) -> Self {
        let shared = Shared {
            store,
            keyring,
            personal,
            places,
            ids: Arc::new(RandomIds),
            turns: Semaphore::new(AT_ONCE),
        };
        Self {
            shared: Arc::new(shared),
            runs: Arc::default(),
        }
    }

    /// Forgets a person: destroys their key, and reaches what copies say. It goes on also if nobody
    /// waits for it.
    ///
    /// # Errors
    /// [`EraseError`] says what is done by then.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn erase(&self, subject: &SubjectId) -> Result<ErasureReport, EraseError> {
        answer(subject, self.run(subject.clone(), None)?).await
    }

    /// The report of an erasure; `None`: there was none, or it is not finished.
    ///
    /// # Errors
    /// [`EraseError`] when the log could not be read.
    pub async fn report(&self, subject: &SubjectId) -> Result<Option<ErasureReport>, EraseError> {
        self.shared.report(subject).await
    }

    /// Finishes erasures that were cut off after [keys were destroyed](destroy_keys_again), beside the
    /// caller.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn finish(&self, unfinished: impl IntoIterator<Item = (SubjectId, Position)>) {
        for (subject, erased_at) in unfinished {
            // None is begun once they are stopped.
            let _ = self.run(subject, Some(erased_at));
        }
    }

    /// Leaves off what is not finished, and begins nothing any more: the next process goes on with it.
    pub async fn stop(&self) {
        self.runs.stop().await;
    }

    /// An erasure in a task of its own.
    fn run(
        &self,
        subject: SubjectId,
        erased_at: Option<Position>,
    ) -> Result<watch::Receiver<Stage>, EraseError> {
        let shared = Arc::clone(&self.shared);
        let whose = subject.clone();
        self.runs.join(&whose, |stage| async move {
            let ended = shared.run(&subject, erased_at, &stage).await;
            stage.send_replace(Stage::Ended(ended));
        })
    }
}

impl Shared {
    /// The log says that the person is forgotten. The same append for ever, so it does so once.
    async fn record_erased(&self, subject: &SubjectId) -> Result<Position, EraseError> {
        let erased = PersonalDataEvent::Erased {
            subject: subject.clone(),
        };
        let append = append_once(erasure_stream(subject)?, "erased", &erased);
        Ok(self.store.append(append).await?.first)
    }

    /// An erasure from its beginning, or from where the log says of it, to its report.
    async fn run(
        &self,
        subject: &SubjectId,
        erased_at: Option<Position>,
        stage: &watch::Sender<Stage>,
    ) -> Result<ErasureReport, EraseError> {
        let erased_at = match erased_at {
            Some(erased_at) => erased_at,
            None => {
                let erased_at = self.record_erased(subject).await?;
                self.keyring.forget(subject).await?;
                if let Some(report) = self.report(subject).await? {
                    return Ok(report);
                }
                erased_at
            }
        };
        stage.send_replace(Stage::KeyDestroyed);
        let _turn = self.turns.acquire().await.expect("it is never closed");
        Ok(self.reach_until_done(subject, erased_at).await)
    }

    async fn reach_until_done(&self, subject: &SubjectId, erased_at: Position) -> ErasureReport {
        let mut attempt = 0;
        loop {
            match self.reach_and_report(subject, erased_at).await {
                Ok(report) => return report,
                Err(error) => {
                    let at = error.at();
                    tracing::warn!(%subject, at, "copies of erased data are not reached yet");
                }
            }
            attempt += 1;
            BACKOFF.pause(attempt, &*self.ids).await;
        }
    }

    /// Reaches all places, and records the report, unless another process has.
    async fn reach_and_report(
        &self,
        subject: &SubjectId,
        erased_at: Position,
    ) -> Result<ErasureReport, EraseError> {
        self.keyring.forget(subject).await?;
        let report = self.reach(subject, erased_at).all().await?;
        let event = PersonalDataEvent::Reported {
            report: report.clone(),
        };
        let append = append_once(erasure_stream(subject)?, "reported", &event);
        match self.store.append(append).await {
            Ok(_) => Ok(report),
            Err(AppendError::Invalid(
                InvalidAppend::EventIdReused { .. } | InvalidAppend::AppendIdReused { .. },
            )) => Ok(self.report(subject).await?.unwrap_or(report)),
            Err(error) => Err(error.into()),
        }
    }

    fn reach<'a>(&'a self, subject: &'a SubjectId, erased_at: Position) -> Reach<'a> {
        Reach {
            store: &*self.store,
            keyring: &self.keyring,
            personal: &self.personal,
            places: &self.places,
            ids: &*self.ids,
            subject,
            erased_at,
        }
    }

    async fn report(&self, subject: &SubjectId) -> Result<Option<ErasureReport>, EraseError> {
        let source = Source::stream(erasure_stream(subject)?);
        let mut events = self.store.read(Read::forwards(source)).await?;
        while let Some(record) = events.try_next().await? {
            let events = events_of(&record).map_err(|error| EraseError::Report(Arc::new(error)))?;
            for event in events {
                if let PersonalDataEvent::Reported { report } = event {
                    return Ok(Some(report));
                }
            }
        }
        Ok(None)
    }
}

impl EraseError {
    /// Where it happened: what it says may quote what an event says.
    fn at(&self) -> &'static str {
        match self {
            Self::Keys(_) => "the keys",
            Self::Beside(_) => "what is beside the log",
            _ => "the log",
        }
    }
}

/// An append that is the same whenever it is made: `what` happens once in this stream.
fn append_once(stream: StreamId, what: &str, event: &PersonalDataEvent) -> Append {
    let id = AppendId::of_key(stream.as_str(), what);
    let event = event.to_new(EventId::of_append(id, 0), Metadata::default());
    let event =
        event.expect("it has texts and numbers only, and a tag that is shorter than its stream");
    Append::to(stream, ExpectedVersion::Any, vec![event]).with_id(id)
}

impl std::fmt::Debug for Erasures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Erasures").finish_non_exhaustive()
    }
}
