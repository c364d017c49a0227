//! What a process does before it reads anything: whoever the log says is forgotten has no key.

use std::collections::BTreeMap;
use std::sync::Arc;

use annals_core::{EventStore, Position, Read, Source, SubjectId, events_of};
use annals_keys::Keyring;

use super::EraseError;
use super::event::{PersonalDataEvent, erasures};

/// Most persons whose keys are looked up at once.
const AT_ONCE: usize = 256;

/// What was found in the log when a process began.
#[derive(Debug)]
pub struct Reconciled {
    /// Up to where the log was read.
    pub position: Position,
    /// Erasures that were cut off, with where the log says that the person was forgotten.
    pub unfinished: BTreeMap<SubjectId, Position>,
    /// Whose key was alive though they were forgotten: the key store was put back to an earlier time,
    /// or an erasure was cut off.
    pub destroyed_again: Vec<SubjectId>,
}

/// Destroys the keys of persons that were forgotten, as far as they are alive, and deletes what is kept of
/// those persons beside the log.
///
/// # Errors
/// [`EraseError`]: keys may be alive that must not be. Nothing may be read before it succeeds.
pub async fn destroy_keys_again(
    store: &dyn EventStore,
    keyring: &Keyring,
) -> Result<Reconciled, EraseError> {
    let mut events = store
        .read(Read::forwards(Source::query(erasures())))
        .await?;
    let mut found = Reconciled {
        position: events.head(),
        unfinished: BTreeMap::new(),
        destroyed_again: Vec::new(),
    };
    let mut erased = Vec::new();
    while let Some(record) = events.try_next().await? {
        for event in events_of(&record).map_err(|error| EraseError::Report(Arc::new(error)))? {
            match event {
                PersonalDataEvent::Erased { subject } => {
                    found.unfinished.insert(subject.clone(), record.position);
                    erased.push(subject);
                }
                PersonalDataEvent::Reported { report } => {
                    found.unfinished.remove(&report.subject);
                }
            }
        }
        if erased.len() >= AT_ONCE {
            found.destroy(std::mem::take(&mut erased), keyring).await?;
        }
    }
    found.destroy(erased, keyring).await?;
    Ok(found)
}

impl Reconciled {
    async fn destroy(
        &mut self,
        erased: Vec<SubjectId>,
        keyring: &Keyring,
    ) -> Result<(), EraseError> {
        for subject in keyring.not_forgotten(erased).await? {
            // Before the key: without it, nobody would look here again.
            keyring.delete_beside(&subject).await?;
            // Also of those who never had a key: an erasure that was cut off before it said so.
            if keyring.forget(&subject).await? {
                tracing::warn!(%subject, "the key of a forgotten person was alive, and is destroyed");
                self.destroyed_again.push(subject);
            }
        }
        Ok(())
    }
}
