//! Sealing what is personal in events before they are recorded, and recording it only about persons
//! who are not forgotten.

use std::collections::BTreeSet;

use annals_core::{
    Aggregate, Append, AppendError, Appended, EncodeError, Event, EventId, Keys, Origin,
    PersonalFault, Position, SideStoreError, SideValue, SubjectId, seal_event,
};

use super::Order;
use crate::erasure::{erasure_stream, erasures_of};
use crate::error::{ExecuteError, LoadError};
use crate::repository::Repository;

impl<A: Aggregate> Repository<A> {
    /// Seals the personal fields of an order's events, and keeps beside the log what is to be there.
    /// Tells whom they are about. Without a keyring there is no key, and nothing personal is recorded.
    pub(super) async fn seal(
        &self,
        order: &Order,
        events: &mut [A::Event],
    ) -> Result<Vec<SubjectId>, ExecuteError<A::Error>> {
        let persons = self.persons_in(events)?;
        let keys = self.keys_for(&persons).await?;
        let mut beside = Vec::new();
        for (index, event) in events.iter_mut().enumerate() {
            let origin = Origin {
                stream: &order.stream,
                event: EventId::of_append(order.append, index),
            };
            let sealed = seal_event(event, &keys, &origin, &mut beside);
            sealed.map_err(|(field, fault)| not_sealed(field, fault))?;
        }
        self.keep_beside(&beside).await?;
        Ok(persons)
    }

    /// Records an order's events about these persons, unless the log says by then that one of them was
    /// forgotten: the key may be remembered here although it is destroyed. `None`: someone else came
    /// first and nothing was recorded.
    pub(super) async fn append_about(
        &self,
        persons: &[SubjectId],
        order: &Order,
        append: Append,
    ) -> Result<Option<Appended>, ExecuteError<A::Error>> {
        if persons.is_empty() {
            return Ok(self.append(order, append).await?);
        }
        let erased = erasures_of(persons).map_err(EncodeError::from)?;
        match self
            .append(order, append.unless(erased, Position::START))
            .await
        {
            Err(AppendError::ConditionFailed { position }) => {
                Err(ExecuteError::Erased(self.erased_at(position).await?))
            }
            appended => Ok(appended?),
        }
    }

    /// Whom the event at a position says to be forgotten.
    async fn erased_at(&self, position: Position) -> Result<SubjectId, ExecuteError<A::Error>> {
        let record = self.record_at(position).await.map_err(LoadError::from)?;
        Ok(SubjectId::new(record.stream.id()).map_err(LoadError::from)?)
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

    async fn keys_for(&self, persons: &[SubjectId]) -> Result<Keys, ExecuteError<A::Error>> {
        match &self.keyring {
            Some(keyring) if !persons.is_empty() => Ok(keyring.keys_for_writing(persons).await?),
            _ => Ok(Keys::default()),
        }
    }

    /// Whom events are about; nobody without a keyring, since none is sealed then.
    fn persons_in(&self, events: &[A::Event]) -> Result<Vec<SubjectId>, EncodeError> {
        let subjects: BTreeSet<String> = match &self.keyring {
            Some(_) => events.iter().flat_map(Event::subjects).collect(),
            None => BTreeSet::new(),
        };
        subjects.iter().map(|it| erasable(it)).collect()
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
