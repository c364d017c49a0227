//! Parking: what has to wait because an event before it could not be applied.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::column::Value;
use crate::dead_letter::{DeadLetter, Failure, ParkCause, Tried};
use crate::event::RecordedEvent;
use crate::position::Position;
use crate::projection::ProjectionError;
use crate::stream::StreamId;

/// What events of a projection must stay in order with each other: a row they change, or the stream
/// they are in.
///
/// Its text is for people, and what it is kept as: `stream Account-7` or `row ["7"]`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartitionKey(String);

/// Decides which events of a batch are parked instead of applied.
///
/// An event waits for an earlier one that is parked and has a key with it in common. Then it is
/// parked as well, and with it all of its keys: so what is released later is applied in the order in
/// which it was recorded.
#[derive(Debug, Default)]
pub struct Parking {
    /// The keys of which an event is parked, each with the first such event.
    parked_from: HashMap<PartitionKey, Position>,
    /// Events that are not tried, since they failed before.
    failed: HashMap<Position, Failure>,
    /// The keys that events had when they were parked before: they lose none.
    keys_before: HashMap<Position, Vec<PartitionKey>>,
    /// How events are tried that are parked when they cannot be applied, instead of failing their
    /// batch.
    parks_failures: Option<Tried>,
    parked: Vec<DeadLetter>,
}

impl PartitionKey {
    /// All events of a stream.
    pub fn of_stream(stream: &StreamId) -> Self {
        Self(format!("stream {stream}"))
    }

    /// All events that change a row with this key.
    pub fn of_row(key: &[Value]) -> Self {
        let values: Vec<String> = key.iter().map(Value::to_string).collect();
        Self(format!("row [{}]", values.join(", ")))
    }

    /// All events that are given this name by who knows what belongs together: `owner 7`.
    pub fn named(name: &str) -> Self {
        Self(format!("named {name}"))
    }

    /// What [`as_str`](Self::as_str) or a dead letter tells; whether there is anything of that key is not
    /// looked at.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The values of the row's key, if it is the key of a row.
    pub fn row_values(&self) -> Option<Vec<Value>> {
        let values: Vec<serde_json::Value> =
            serde_json::from_str(self.0.strip_prefix("row ")?).ok()?;
        let values = values.into_iter().map(|value| match value {
            serde_json::Value::Null => Some(Value::Null),
            serde_json::Value::Number(number) => number.as_i64().map(Value::Integer),
            serde_json::Value::String(text) => Some(Value::Text(text)),
            _ => None,
        });
        values.collect()
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parking {
    /// Parks every event that cannot be applied, and goes on with those that need not wait for it.
    pub fn of_failures(tried: Tried) -> Self {
        let parks_failures = Some(tried);
        Self {
            parks_failures,
            ..Self::default()
        }
    }

    /// True if events that cannot be applied are parked: what one did is to be taken back then.
    pub fn parks_failures(&self) -> bool {
        self.parks_failures.is_some()
    }

    fn wait_for(&mut self, first: Position, key: PartitionKey) {
        let known = self.parked_from.entry(key).or_insert(first);
        *known = first.min(*known);
    }

    /// Lets events wait for one that is parked.
    pub fn wait_behind(&mut self, letter: DeadLetter) {
        for key in letter.keys {
            self.wait_for(letter.position, key);
        }
    }

    /// Says which keys an event had when it was parked before. Code that understands less of it must
    /// not let later events pass it.
    pub fn had_keys(&mut self, letter: &DeadLetter) {
        self.keys_before
            .insert(letter.position, letter.keys.clone());
    }

    /// Parks an event when its turn comes, without another try.
    pub fn fail(&mut self, position: Position, failure: Failure) {
        self.failed.insert(position, failure);
    }

    /// True if the event is parked without a try: it failed before, or waits for one that did.
    pub fn stays_parked(
        &mut self,
        record: &RecordedEvent,
        keys: impl FnOnce() -> Vec<PartitionKey>,
    ) -> bool {
        if self.failed.is_empty() && self.parked_from.is_empty() {
            return false;
        }
        let keys = keys();
        let cause = match self.failed.remove(&record.position) {
            Some(failure) => ParkCause::Failed(failure),
            None => match self.first_before(record, &keys) {
                Some(first) => ParkCause::Waits(first),
                None => return false,
            },
        };
        self.park(record, keys, cause);
        true
    }

    /// Parks an event that has just failed.
    ///
    /// # Errors
    /// The failure itself, if such events are not parked, or if it is not one of the event.
    pub fn take_failure(
        &mut self,
        record: &RecordedEvent,
        keys: impl FnOnce() -> Vec<PartitionKey>,
        failure: ProjectionError,
    ) -> Result<(), ProjectionError> {
        let (ProjectionError::Event { cause, .. }, Some(tried)) = (&failure, &self.parks_failures)
        else {
            return Err(failure);
        };
        let failure = Failure {
            error: cause.to_string(),
            tried: tried.clone(),
        };
        self.park(record, keys(), ParkCause::Failed(failure));
        Ok(())
    }

    /// What was parked, in order.
    pub fn into_parked(self) -> Vec<DeadLetter> {
        self.parked
    }

    fn first_before(&self, record: &RecordedEvent, keys: &[PartitionKey]) -> Option<Position> {
        // Also in its stream: an event that was not understood could tell no other key.
        let stream = PartitionKey::of_stream(&record.stream);
        let keys = keys.iter().chain([&stream]);
        let first = keys.filter_map(|key| self.parked_from.get(key)).min();
        first.copied().filter(|first| *first < record.position)
    }

    fn park(&mut self, record: &RecordedEvent, mut keys: Vec<PartitionKey>, cause: ParkCause) {
        for key in self
            .keys_before
            .remove(&record.position)
            .unwrap_or_default()
        {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        for key in &keys {
            self.wait_for(record.position, key.clone());
        }
        self.parked.push(DeadLetter::new(record, keys, cause));
    }
}

impl fmt::Display for PartitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PartitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartitionKey({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str) -> PartitionKey {
        PartitionKey::of_row(&[Value::Text(key.to_owned())])
    }

    #[test]
    fn keys_of_rows_of_streams_and_by_name_never_meet() {
        let stream = PartitionKey::of_stream(&StreamId::new("Account", "7").unwrap());
        assert_eq!(stream.as_str(), "stream Account-7");
        assert_eq!(row("7").as_str(), r#"row ["7"]"#);
        let number = PartitionKey::of_row(&[Value::Integer(7)]);
        assert_eq!(number.as_str(), "row [7]");
        let named = PartitionKey::named("stream Account-7");
        assert_eq!(named.as_str(), "named stream Account-7");
        assert_eq!(number.row_values(), Some(vec![Value::Integer(7)]));
        let text = Value::Text("7 \"and\" more".to_owned());
        let key = [text, Value::Null];
        let row = PartitionKey::of_row(&key);
        assert_eq!(row.row_values().as_deref(), Some(&key[..]));
        assert_eq!(stream.row_values(), None);
    }
}
