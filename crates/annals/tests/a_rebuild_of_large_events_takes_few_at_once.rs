//! A rebuild reads ahead, and what it has read is bounded in bytes: large events come a few at a time.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::time::Duration;

use annals::runtime::{RebuildOptions, RebuildPhase};
use annals::{
    Annals, Append, Event, EventId, ExpectedVersion, IdSource, Metadata, Position, Projection,
    RandomIds, ReadModel, Recorded, StreamId,
};
use serde::{Deserialize, Serialize};

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(60);

/// As large as most events may be, but for what is around the text.
const TEXT_BYTES: usize = 1_000_000;
const EVENTS: usize = 40;

#[derive(Event, Serialize, Deserialize)]
enum NoteEvent {
    Taken { text: String },
}

#[derive(ReadModel, Clone)]
#[read_model(table = "lengths")]
struct Length {
    #[key]
    note: String,
    bytes: u64,
}

impl Projection for Length {
    type Event = NoteEvent;

    fn keys(event: &Recorded<NoteEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(row: Option<Self>, note: &String, event: &Recorded<NoteEvent>) -> Option<Self> {
        let NoteEvent::Taken { text } = &event.event;
        Some(Self {
            note: note.clone(),
            bytes: row.map_or(0, |row| row.bytes) + text.len() as u64,
        })
    }
}

async fn take_note(service: &Annals, text: &str) {
    let text = text.to_owned();
    let event = NoteEvent::Taken { text };
    let event = event.to_new(EventId(RandomIds.next()), Metadata::default());
    let stream = StreamId::new("Note", "a").unwrap();
    let append = Append::to(stream, ExpectedVersion::Any, vec![event.unwrap()]);
    service.store().append(append).await.unwrap();
}

// One task at a time, so that whoever watches is told of the batches.
#[tokio::test(flavor = "current_thread")]
async fn a_batch_of_large_events_is_bounded_in_bytes() {
    let service = Annals::in_memory().projection::<Length>();
    let service = service.start().await.unwrap();
    let text = "x".repeat(TEXT_BYTES);
    for _ in 0..EVENTS {
        take_note(&service, &text).await;
    }
    // First the one that is read, so that it takes no turns from the rebuild.
    let head = service.store().head().await.unwrap();
    let lengths = service.projection("lengths");
    lengths.wait_for(head, LONG).await.unwrap();
    let rebuild = service.rebuilds("lengths").begin(RebuildOptions::default());
    let mut progress = rebuild.watch();
    let mut steps = Vec::new();
    loop {
        let now = progress.borrow_and_update().clone();
        if steps.last() != Some(&now.position) {
            steps.push(now.position);
        }
        if now.phase.is_over() {
            assert!(
                matches!(now.phase, RebuildPhase::CutOver(_)),
                "{:?}",
                now.phase
            );
            break;
        }
        progress.changed().await.unwrap();
    }
    // A step that was over at once may not have been told of.
    let told = |position| steps.contains(&Position(position));
    let ends = [0, 17, 34, 40];
    assert!(told(17) || told(34), "{steps:?}");
    assert!(steps.iter().all(|step| ends.contains(&step.0)), "{steps:?}");
    let length = service.table::<Length>().get(&"a".to_owned()).await;
    let bytes = length.unwrap().map(|length| length.bytes);
    assert_eq!(bytes, Some((EVENTS * TEXT_BYTES) as u64));
}
