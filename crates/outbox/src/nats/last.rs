//! The last message of a subject: what it says of who told what, and where that stands in our order.

use annals_core::EffectError;
use async_nats::jetstream::message::StreamMessage;

use crate::cloud_event::header_text;
use crate::destination::Message;
use crate::error::DeliveryError;
use crate::mark::Mark;

/// The header that says which publication a message is of.
pub(super) const PUBLICATION: &str = "Annals-Publication";

/// The header that says which place a message has in the order of its subject.
pub(super) const MARK: &str = "Annals-Mark";

/// The header that says which event a message tells.
pub(super) const EVENT: &str = "Annals-Event";

/// The last message of a subject: its sequence and what it tells, 0 and nothing if there is none.
#[derive(Debug, Clone)]
pub(super) struct Last {
    pub(super) sequence: u64,
    pub(super) told: Option<Told>,
}

/// An event that was told, and its place in our order.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) mark: Mark,
    event: String,
}

impl Last {
    pub(super) const NONE: Self = Self {
        sequence: 0,
        told: None,
    };

    /// Where a message stands that is the last one where another is to go, if it is of the same
    /// publication.
    pub(super) fn of(last: &StreamMessage, message: &Message) -> Result<Self, EffectError> {
        let header = |name: &str| last.headers.get(name).map(|value| value.as_str());
        let is_ours = header(PUBLICATION) == Some(publication(message).as_str());
        let mark = header(MARK).and_then(|mark| mark.parse().ok());
        match (mark, header(EVENT)) {
            (Some(mark), Some(event)) if is_ours => Ok(Self {
                sequence: last.sequence,
                told: Some(Told {
                    mark,
                    event: event.to_owned(),
                }),
            }),
            _ => Err(shared(message)),
        }
    }
}

impl Told {
    pub(super) fn by(message: &Message) -> Self {
        Self {
            mark: message.mark,
            event: header_text(&message.event.id),
        }
    }

    /// What is not behind the last one was told before it, unless another event was told in its place.
    pub(super) fn includes(&self, message: &Message) -> Result<(), EffectError> {
        let is_other = self.mark == message.mark && self.event != header_text(&message.event.id);
        match is_other {
            true => Err(shared(message)),
            false => Ok(()),
        }
    }
}

fn shared(message: &Message) -> EffectError {
    EffectError::event(DeliveryError::Shared {
        topic: message.topic.clone(),
    })
}

/// A publication, apart from those of the same name in other stores.
pub(super) fn publication(message: &Message) -> String {
    header_text(&format!("{} {}", message.publication, message.event.source))
}

/// What the server leaves out repeats by. It does so for all subjects of a stream together, and others
/// may tell of the same event, so that the event alone would not do.
pub(super) fn message_id(message: &Message) -> String {
    let (publication, event) = (message.publication, &message.event);
    let id = [publication, &event.source, &message.topic, &event.id].join(" ");
    header_text(&id)
}
