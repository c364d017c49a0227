//! Outboxes: publications that follow the log to a destination.

use std::time::Duration;

use annals_core::{
    Effect, EffectError, EffectKey, EffectStart, PartitionKey, Recorded, RecordedEvent,
};
use async_trait::async_trait;

use crate::cloud_event::CloudEvent;
use crate::destination::{Destination, Message};
use crate::mark::Mark;
use crate::publication::Publication;

/// For how long a message is repeated unless it is said otherwise: a day.
const GIVES_UP_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// Delivers what a publication tells to a destination, in the order of each topic.
///
/// It is an [`Effect`], operated as one under the name of its publication.
#[derive(Debug)]
pub struct Outbox<P, D> {
    publication: P,
    destination: D,
    gives_up_after: Duration,
}

impl<P: Publication, D: Destination> Outbox<P, D> {
    /// An outbox of a publication to a destination. What is not acknowledged for a day is parked.
    pub fn new(publication: P, destination: D) -> Self {
        Self {
            publication,
            destination,
            gives_up_after: GIVES_UP_AFTER,
        }
    }

    /// The same, that repeats a message for so long.
    #[must_use]
    pub fn giving_up_after(mut self, gives_up_after: Duration) -> Self {
        self.gives_up_after = gives_up_after;
        self
    }

    fn message(&self, event: &Recorded<P::Event>) -> Result<Option<Message>, EffectError> {
        let data = self.publication.data(event)?;
        let topic = P::topic(&event.record);
        Ok(data.map(|data| Message {
            publication: P::NAME,
            mark: Mark {
                position: event.record.position,
                part: event.part as u64,
            },
            event: CloudEvent::of(event, data)
                .told_by(self.publication.source())
                .in_order_with(&topic),
            topic,
        }))
    }
}

#[async_trait]
impl<P: Publication, D: Destination> Effect for Outbox<P, D> {
    type Event = P::Event;
    const NAME: &'static str = P::NAME;
    const CATEGORIES: &'static [&'static str] = P::CATEGORIES;
    const TAGS: &'static [&'static str] = P::TAGS;
    const START: EffectStart = P::START;

    fn partition(event: &Recorded<P::Event>) -> PartitionKey {
        Self::partition_of_unread(&event.record)
    }

    fn partition_of_unread(record: &RecordedEvent) -> PartitionKey {
        PartitionKey::named(&format!("topic {}", P::topic(record)))
    }

    fn gives_up_after(&self) -> Option<Duration> {
        Some(self.gives_up_after)
    }

    async fn perform(&self, event: &Recorded<P::Event>, key: EffectKey) -> Result<(), EffectError> {
        match self.message(event)? {
            Some(message) => self.destination.deliver(&message, key).await,
            None => Ok(()),
        }
    }
}
