//! What a history folds to now, beside what it was recorded with.

use std::fmt;
use std::sync::Arc;

use annals_core::{
    AppendId, ContentType, DataKey, EventId, EventType, Keys, Metadata, Position, RecordedEvent,
    Snapshot, StreamVersion, SubjectKey, Timestamp, events_of, subjects_of_copies,
};
use serde_json::Value;
use uuid::Uuid;

use super::file::{Outcome, Recorded, StoredEvent};

/// How the two compare.
pub(super) enum Verdict {
    Same,
    /// Another state, under the fingerprint it had: kept states of it would still be believed.
    Unnoticed {
        difference: String,
    },
    /// Another fingerprint, or none was recorded yet.
    Changed {
        difference: String,
        outcome: Outcome,
    },
}

pub(super) fn replay<A: Snapshot>(recorded: &Recorded) -> Result<Verdict, String> {
    let outcome = Outcome {
        fingerprint: A::fingerprint().0,
        state: state::<A>(&recorded.events)?,
    };
    let difference = match &recorded.outcome {
        None => "no state was accepted yet".to_owned(),
        Some(before) if before.state == outcome.state => {
            if before.fingerprint == outcome.fingerprint {
                return Ok(Verdict::Same);
            }
            "the fold or the shape of the state changed, and it folds to the same state".to_owned()
        }
        Some(before) => {
            let difference = difference(&before.state, &outcome.state);
            if before.fingerprint == outcome.fingerprint {
                return Ok(Verdict::Unnoticed { difference });
            }
            format!("it folds to another state\n{difference}")
        }
    };
    Ok(Verdict::Changed {
        difference,
        outcome,
    })
}

/// What events fold to, as it would be kept.
fn state<A: Snapshot>(events: &[StoredEvent]) -> Result<Value, String> {
    let mut state = A::default();
    for (position, event) in (1..).zip(events) {
        let record = record(position, event)?;
        let events = events_of::<A::Event>(&record).map_err(|error| error.to_string())?;
        events.iter().for_each(|event| state.evolve(event));
    }
    serde_json::to_value(state).map_err(|error| format!("the state has no JSON form: {error}"))
}

fn record(position: u64, event: &StoredEvent) -> Result<RecordedEvent, String> {
    Ok(RecordedEvent {
        position: Position(position),
        // Where golden samples are sealed for: elsewhere their personal values do not open.
        stream: "Sample-1".parse().expect("a valid stream"),
        version: StreamVersion(position),
        id: EventId(Uuid::nil()),
        append: AppendId(Uuid::nil()),
        event_type: EventType::new(&event.name).map_err(|error| error.to_string())?,
        schema_version: event.version,
        content_type: ContentType::json(),
        data: event.payload.to_string().into(),
        tags: Vec::new(),
        metadata: Metadata::default(),
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: keys_of(&event.payload)?,
    })
}

/// The keys of golden samples: for everyone the one that everybody knows.
fn keys_of(payload: &Value) -> Result<Keys, String> {
    let subjects = subjects_of_copies(payload).map_err(|fault| fault.to_string())?;
    if subjects.is_empty() {
        return Ok(Keys::default());
    }
    let key = SubjectKey::Living(Arc::new(DataKey::from_bytes([0; 32])));
    let keys = subjects.into_iter().map(|subject| (subject, key.clone()));
    Ok(Keys::of(keys.collect()))
}

/// Line by line: `-` what was recorded, `+` what it is now.
fn difference(recorded: &Value, now: &Value) -> String {
    let (recorded, now) = (format!("{recorded:#}"), format!("{now:#}"));
    crate::given::difference(&lines(&recorded), &lines(&now))
}

fn lines(text: &str) -> Vec<Line<'_>> {
    text.lines().map(Line).collect()
}

#[derive(PartialEq)]
struct Line<'a>(&'a str);

impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
