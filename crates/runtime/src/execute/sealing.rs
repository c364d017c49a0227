//! Sealing what is personal in events before they are recorded.

use std::collections::BTreeSet;

use annals_core::{
    Aggregate, EncodeError, Event, EventId, Keys, Origin, PersonalFault, SideStoreError, SideValue,
    SubjectId, seal_event,
};

use super::Order;
use crate::erasure::erasure_stream;
use crate::error::ExecuteError;
use crate::repository::Repository;

impl<A: Aggregate> Repository<A> {
    /// Seals the personal fields of an order's events, and keeps beside the log what is to be there. Without a keyring there is no key, and nothing
    /// personal is recorded.
    pub(super) async fn seal(
        &self,
        order: &Order,
        events: &mut [A::Event],
    ) -> Result<(), ExecuteError<A::Error>> {
        let keys = self.keys_for(events).await?;
        let mut beside = Vec::new();
        for (index, event) in events.iter_mut().enumerate() {
            let origin = Origin {
                stream: &order.stream,
                event: EventId::of_append(order.append, index),
            };
            let sealed = seal_event(event, &keys, &origin, &mut beside);
            sealed.map_err(|(field, fault)| not_sealed(field, fault))?;
        }
        self.keep_beside(&beside).await
    }

    /// Of an append that fails after this, or never comes, values stay that no event names.
    async fn keep_beside(&self, values: &[SideValue]) -> Result<(), ExecuteError<A::Error>> {
        let Some(keyring) = &self.keyring else {
            return Ok(());
        };
        let kept = keyring.keep_beside(values).await;
        kept.map_err(|error| match error {
            SideStoreError::Erased(subject) => ExecuteError::Erased(subject),
            error => ExecuteError::Beside(error),
        })
    }

    async fn keys_for(&self, events: &[A::Event]) -> Result<Keys, ExecuteError<A::Error>> {
        let subjects: BTreeSet<String> = events.iter().flat_map(Event::subjects).collect();
        match &self.keyring {
            Some(keyring) if !subjects.is_empty() => {
                let subjects = subjects.iter().map(|it| erasable(it));
                let subjects: Vec<_> = subjects.collect::<Result<_, _>>()?;
                Ok(keyring.keys_for_writing(&subjects).await?)
            }
            _ => Ok(Keys::default()),
        }
    }
}

/// The person of this name, if it will be possible to record that they were forgotten.
fn erasable(subject: &str) -> Result<SubjectId, EncodeError> {
    let subject = SubjectId::new(subject)?;
    erasure_stream(&subject)?;
    Ok(subject)
}

fn not_sealed<E>(field: &'static str, fault: PersonalFault) -> ExecuteError<E> {
    match fault {
        PersonalFault::Erased(subject) => ExecuteError::Erased(subject),
        fault => EncodeError::Personal { field, fault }.into(),
    }
}
