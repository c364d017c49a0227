//! A failing disk loses nothing that was acknowledged, and every caller learns what it may do.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::io::ErrorKind;

use annals_core::{
    Append, AppendError, EventId, EventStore, EventType, ExpectedVersion, NewEvent, Position, Read,
    ReadError, Source, limits,
};
use annals_embedded::{Call, EmbeddedOptions, EmbeddedStore, Fault, Lasting, MemoryDisk};
use uuid::Uuid;

fn open(disk: &MemoryDisk) -> EmbeddedStore {
    EmbeddedStore::open_on(disk.clone(), EmbeddedOptions::in_memory()).unwrap()
}

fn append(id: u128, payload: usize) -> Append {
    let event_type = EventType::new("Happened").unwrap();
    let event = NewEvent::json(
        EventId(Uuid::from_u128(id)),
        event_type,
        vec![b'x'; payload],
    );
    Append::to("A-1".parse().unwrap(), ExpectedVersion::Any, vec![event])
}

async fn positions(store: &EmbeddedStore) -> Vec<u64> {
    let read = store.read(Read::forwards(Source::all())).await.unwrap();
    let events = read.collect().await.unwrap();
    events.iter().map(|event| event.position.0).collect()
}

#[tokio::test]
async fn after_a_failed_sync_nothing_more_is_acknowledged_until_the_store_is_reopened() {
    let disk = MemoryDisk::new();
    let store = open(&disk);
    store.append(append(1, 10)).await.unwrap();
    disk.inject(Fault {
        on: Call::Sync,
        nth: 1,
        kind: ErrorKind::Other,
        lasting: Lasting::Once,
    });

    let unknown = store.append(append(2, 10)).await.unwrap_err();
    assert!(
        matches!(unknown, AppendError::Unconfirmed { append: id, .. } if id == append(2, 10).id)
    );
    let refused = store.append(append(3, 10)).await.unwrap_err();
    assert!(matches!(refused, AppendError::Unavailable { .. }));
    assert_eq!(
        positions(&store).await,
        [1],
        "what is durable is still read"
    );
    let asked = store.find_append(append(2, 10).id).await;
    assert!(
        matches!(asked, Err(ReadError::Unavailable { .. })),
        "nobody knows yet: {asked:?}"
    );

    drop(store);
    let store = open(&disk.after_crash());
    assert_eq!(
        store
            .find_append(append(1, 10).id)
            .await
            .unwrap()
            .unwrap()
            .last,
        Position(1)
    );
    assert_eq!(store.find_append(append(2, 10).id).await.unwrap(), None);
    // The same ids again: recorded once, whatever had become of the first attempt.
    store.append(append(2, 10)).await.unwrap();
    store.append(append(2, 10)).await.unwrap();
    assert_eq!(positions(&store).await, [1, 2]);
}

#[tokio::test]
async fn a_full_disk_refuses_appends_and_goes_on_once_there_is_space() {
    let disk = MemoryDisk::new();
    let store = open(&disk);
    disk.leave_free(0);
    let mut taken = 0;
    let refused = loop {
        match store.append(append(taken + 1, limits::EVENT_BYTES)).await {
            Ok(_) => taken += 1,
            Err(refused) => break refused,
        }
        assert!(taken < 100, "the disk never filled up");
    };
    assert!(
        matches!(refused, AppendError::Unavailable { .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("storage"), "{refused}");
    assert_eq!(positions(&store).await.len() as u128, taken);

    disk.heal();
    store
        .append(append(taken + 1, limits::EVENT_BYTES))
        .await
        .unwrap();
    store.append(append(taken + 2, 10)).await.unwrap();
    let expected: Vec<u64> = (1..).take(positions(&store).await.len()).collect();
    assert_eq!(positions(&store).await, expected);
    assert_eq!(expected.len() as u128, taken + 2);

    drop(store);
    assert_eq!(positions(&open(&disk.after_crash())).await, expected);
}

#[tokio::test]
async fn a_directory_is_open_once() {
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions::in_memory;
    let store = EmbeddedStore::open_with(directory.path(), options()).unwrap();
    let second = EmbeddedStore::open_with(directory.path(), options()).unwrap_err();
    assert!(second.to_string().contains("open elsewhere"), "{second}");
    drop(store);
    EmbeddedStore::open_with(directory.path(), options()).unwrap();
}

#[test]
fn files_too_small_for_the_largest_append_are_refused() {
    let options = EmbeddedOptions {
        segment_bytes: EmbeddedOptions::LEAST_SEGMENT_BYTES - 1,
        ..EmbeddedOptions::default()
    };
    let refused = EmbeddedStore::open_on(MemoryDisk::new(), options).unwrap_err();
    assert!(refused.to_string().contains("segment_bytes"), "{refused}");
}

#[tokio::test]
async fn a_read_that_fails_once_is_not_called_damage() {
    let disk = MemoryDisk::new();
    let store = open(&disk);
    store.append(append(1, 10)).await.unwrap();
    disk.inject(Fault {
        on: Call::Read,
        nth: 1,
        kind: ErrorKind::Other,
        lasting: Lasting::Once,
    });
    let read = store.read(Read::forwards(Source::all())).await.unwrap();
    let error = read.collect().await.unwrap_err();
    assert!(matches!(error, ReadError::Unavailable { .. }), "{error}");
    assert_eq!(positions(&store).await, [1]);
}
