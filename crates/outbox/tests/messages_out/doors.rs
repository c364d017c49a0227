//! What is told: doors that open, and what becomes of that.

use std::time::Duration;

use annals::{
    Bytes, Effect, EffectError, EffectKey, EffectStart, Event, EventId, EventType, IdSource,
    Metadata, Position, RandomIds, Recorded, RecordedEvent, StreamId, StreamVersion, Timestamp,
};
use annals_outbox::{Destination, Outbox, Publication};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Far beyond what any wait takes when nothing is wrong.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// How long a destination waits for its server: a question or its answer may be lost, and who waits longer
/// learns no more.
pub(crate) const SHORT: Duration = Duration::from_secs(1);

#[derive(Event, Serialize, Deserialize, Debug, Clone)]
pub(crate) enum DoorEvent {
    #[event(name = "DoorOpened")]
    Opened { by: String },
}

/// Tells of doors, all in one topic: that of the house, which is the category.
pub(crate) struct Doors;

impl Publication for Doors {
    type Event = DoorEvent;
    const NAME: &'static str = "doors";
    const START: EffectStart = EffectStart::Beginning;

    fn source(&self) -> &str {
        "https://house.example/ä"
    }

    fn topic(record: &RecordedEvent) -> String {
        record.stream.category().to_owned()
    }
}

/// A category that no other test has.
pub(crate) fn new_house() -> String {
    format!("House_{}", RandomIds.next().simple())
}

/// The front door of a house opens so often. The same is said whenever it is asked.
pub(crate) fn openings(house: &str, number: u64) -> Vec<Recorded<DoorEvent>> {
    (1..=number)
        .map(|position| opening(house, position, "me"))
        .collect()
}

pub(crate) fn opening(house: &str, position: u64, by: &str) -> Recorded<DoorEvent> {
    let event = DoorEvent::Opened { by: by.to_owned() };
    let name = format!("{house} {position}");
    let id = EventId(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()));
    let new = event.to_new(id, Metadata::default()).unwrap();
    let record = RecordedEvent {
        position: Position(position),
        stream: StreamId::new(house, "front").unwrap(),
        version: StreamVersion(position),
        id,
        append: annals::AppendId::of_events([id]),
        event_type: EventType::new("DoorOpened").unwrap(),
        schema_version: 1,
        content_type: new.content_type,
        data: Bytes::clone(&new.data),
        tags: Vec::new(),
        metadata: new.metadata,
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: annals::Keys::default(),
    };
    Recorded {
        event,
        record,
        part: 0,
    }
}

/// One attempt.
pub(crate) async fn tell<P: Publication<Event = DoorEvent>, D: Destination>(
    outbox: &Outbox<P, D>,
    event: &Recorded<DoorEvent>,
) -> Result<(), EffectError> {
    let key = EffectKey::of(P::NAME, event.record.id);
    outbox.perform(event, key).await
}

/// Attempts until one is answered for good: it is acknowledged or refused. Of others nobody knows what
/// they met.
pub(crate) async fn told<P: Publication<Event = DoorEvent>, D: Destination>(
    outbox: &Outbox<P, D>,
    event: &Recorded<DoorEvent>,
) -> Result<(), EffectError> {
    let telling = async {
        loop {
            match tell(outbox, event).await {
                Err(EffectError::Transient(_)) => tokio::task::yield_now().await,
                answer => return answer,
            }
        }
    };
    tokio::time::timeout(LONG, telling).await.unwrap()
}

/// Attempts until one fails for this reason, which passes; all it says.
pub(crate) async fn until_failed_by<D: Destination>(
    outbox: &Outbox<Doors, D>,
    event: &Recorded<DoorEvent>,
    reason: &str,
) -> String {
    let failing = async {
        loop {
            let failed = match tell(outbox, event).await {
                Err(EffectError::Transient(cause)) => cause.to_string(),
                answer => panic!("{answer:?} instead of {reason:?}"),
            };
            if failed.contains(reason) {
                return failed;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, failing).await.unwrap()
}

/// Tells one after the other, each until it is acknowledged.
pub(crate) async fn tell_all<P: Publication<Event = DoorEvent>, D: Destination>(
    outbox: &Outbox<P, D>,
    events: &[Recorded<DoorEvent>],
) {
    for event in events {
        told(outbox, event).await.unwrap();
    }
}

/// The cause of a refusal for good.
pub(crate) fn refusal(told: Result<(), EffectError>) -> String {
    match told {
        Err(EffectError::Event(cause)) => cause.to_string(),
        other => panic!("{other:?}"),
    }
}
