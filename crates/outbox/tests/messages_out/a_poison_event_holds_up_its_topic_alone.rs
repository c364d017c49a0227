//! In a service: what cannot be told is parked with what comes behind it in its topic, all else goes on,
//! and what was parked arrives in its order when it is released.

use annals::{
    Annals, Append, Event, EventId, EventStore, ExpectedVersion, IdSource, Metadata, Position,
    RandomIds, StreamId,
};
use annals_outbox::{Outbox, RedisStreams};
use annals_servers::redis_url;

use crate::doors::{DoorEvent, Doors, LONG, new_house};
use crate::redis_stream::{Reader, ids};

async fn open_a_door(store: &dyn EventStore, house: &str, door: &str) -> Position {
    append(store, house, door, br#"{"by":"me"}"#).await
}

async fn append(store: &dyn EventStore, house: &str, door: &str, data: &'static [u8]) -> Position {
    let stream = StreamId::new(house, door).unwrap();
    let event = DoorEvent::Opened { by: String::new() };
    let event = event.to_new(EventId(RandomIds.next()), Metadata::default());
    let mut event = event.unwrap();
    event.data = data.into();
    let append = Append::to(stream, ExpectedVersion::Any, vec![event]);
    store.append(append).await.unwrap().last
}

#[tokio::test]
async fn an_event_that_cannot_be_read_holds_up_its_topic_alone() {
    let server = redis_url();
    let (house, other) = (new_house(), new_house());
    let outbox = Outbox::new(Doors, RedisStreams::at(&server).unwrap());
    let service = Annals::in_memory().effect(outbox).start().await.unwrap();
    let store = &**service.store();
    open_a_door(store, &house, "front").await;
    let poison = append(store, &house, "front", b"{}").await;
    // Of another stream, and of the same topic.
    open_a_door(store, &house, "back").await;
    let last = open_a_door(store, &other, "front").await;
    let doors = service.projection("doors");
    doors.wait_for(last, LONG).await.unwrap();
    let mut reader = Reader::of(&server).await;
    assert_eq!(reader.ids(&house).await, ids([1]));
    assert_eq!(reader.ids(&other).await, ids([4]));

    let parked = service.parked_events("doors");
    parked
        .skip(poison, "nobody knows who it was")
        .await
        .unwrap();
    let released = parked.retry_all().await.unwrap();
    assert_eq!(released.applied, [Position(3)]);
    let last = open_a_door(store, &house, "front").await;
    doors.wait_for(last, LONG).await.unwrap();
    assert_eq!(reader.ids(&house).await, ids([1, 3, 5]));
}

#[tokio::test]
async fn a_service_that_starts_again_goes_on_where_it_was() {
    let (server, house) = (redis_url(), new_house());
    let directory = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let outbox = Outbox::new(Doors, RedisStreams::at(&server).unwrap());
        let service = Annals::open(directory.path()).effect(outbox);
        let service = service.start().await.unwrap();
        open_a_door(&**service.store(), &house, "front").await;
        let last = open_a_door(&**service.store(), &house, "back").await;
        let doors = service.projection("doors");
        doors.wait_for(last, LONG).await.unwrap();
        service.stop().await;
    }
    let mut reader = Reader::of(&server).await;
    assert_eq!(reader.ids(&house).await, ids(1..=4));
}
