//! Redis: an entry holds the whole CloudEvent, and a stream as many as it should.

use annals::EffectError;
use annals_outbox::{Outbox, RedisStreams};
use annals_servers::redis_url;

use crate::doors::{Doors, new_house, openings, tell, tell_all};
use crate::redis_stream::{Reader, address};

#[tokio::test]
async fn an_entry_tells_what_happened_and_where() {
    let (server, house) = (redis_url(), new_house());
    let outbox = Outbox::new(Doors, RedisStreams::at(&server).unwrap());
    let events = openings(&house, 1);
    tell_all(&outbox, &events).await;
    let mut reader = Reader::of(&server).await;
    let entries = reader.entries(&house).await;
    let (_, entry) = &entries[0];
    let (id, stream) = (events[0].record.id.to_string(), format!("{house}-front"));
    for (name, value) in [
        ("specversion", "1.0"),
        ("id", &id),
        ("source", "https://house.example/ä"),
        ("type", "DoorOpened"),
        ("subject", &stream),
        ("time", "1970-01-01T00:00:00Z"),
        ("position", "1"),
        ("partitionkey", &house),
        ("datacontenttype", "application/json"),
        ("data", r#"{"by":"me"}"#),
    ] {
        assert_eq!(entry[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_stream_that_keeps_some_is_trimmed() {
    let (server, house) = (redis_url(), new_house());
    let redis = RedisStreams::at(&server).unwrap().keeping_about(100);
    tell_all(&Outbox::new(Doors, redis), &openings(&house, 400)).await;
    let mut reader = Reader::of(&server).await;
    let ids = reader.ids(&house).await;
    // Redis removes whole nodes of 100 entries.
    assert!((100..=200).contains(&ids.len()), "{}", ids.len());
    assert_eq!(ids.last().unwrap(), "400-0");
}

#[tokio::test]
async fn a_server_without_encryption_is_told_nothing_that_should_be_encrypted() {
    let (server, house) = (redis_url(), new_house());
    let encrypted = format!("rediss://{}", address(&server));
    let outbox = Outbox::new(Doors, RedisStreams::at(&encrypted).unwrap());
    let told = tell(&outbox, &openings(&house, 1)[0]).await;
    assert!(matches!(told, Err(EffectError::Transient(_))), "{told:?}");
    assert!(Reader::of(&server).await.ids(&house).await.is_empty());
}

#[test]
fn what_is_no_url_of_redis_is_refused_and_not_shown() {
    let refused = RedisStreams::at("https://me:s3cret@example.com").unwrap_err();
    let told = refused.to_string();
    assert!(
        told.contains("rediss://") && !told.contains("s3cret"),
        "{told}"
    );
}
