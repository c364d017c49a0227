//! Quarantine: what has to wait because an event before it could not be applied.

use std::collections::HashMap;
use std::fmt;

use crate::column::Value;
use crate::position::Position;
use crate::stream::StreamId;

/// What events of a projection must stay in order with each other: a row they change, or the stream
/// they are in.
///
/// Its text is for people, and what it is kept as: `stream Account-7` or `row ["7"]`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartitionKey(String);

/// The keys of which an event is parked, each from the first such event on.
///
/// An event of one of them is parked as well, and with it all of its keys: so what is released
/// later is applied in the order in which it was recorded.
#[derive(Debug, Clone, Default)]
pub struct Quarantine {
    parked_from: HashMap<PartitionKey, Position>,
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

    /// The key that was kept as this text.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Quarantine {
    /// True if nothing is parked.
    pub fn is_empty(&self) -> bool {
        self.parked_from.is_empty()
    }

    /// Parks what belongs to these keys, from a position on.
    pub fn park(&mut self, keys: impl IntoIterator<Item = PartitionKey>, from: Position) {
        for key in keys {
            let first = self.parked_from.entry(key).or_insert(from);
            *first = from.min(*first);
        }
    }

    /// The first parked event that an event at `position` has to wait for.
    pub fn waits_for(&self, keys: &[PartitionKey], position: Position) -> Option<Position> {
        let first = keys.iter().filter_map(|key| self.parked_from.get(key));
        first.min().copied().filter(|first| *first < position)
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
    fn an_event_waits_for_the_first_that_is_parked_of_any_of_its_keys() {
        let mut quarantine = Quarantine::default();
        quarantine.park([row("a")], Position(7));
        quarantine.park([row("a"), row("b")], Position(5));
        assert_eq!(
            quarantine.waits_for(&[row("a")], Position(9)),
            Some(Position(5))
        );
        assert_eq!(
            quarantine.waits_for(&[row("c"), row("b")], Position(9)),
            Some(Position(5))
        );
        assert_eq!(quarantine.waits_for(&[row("c")], Position(9)), None);
        assert_eq!(quarantine.waits_for(&[row("a")], Position(5)), None);
    }

    #[test]
    fn keys_of_rows_and_of_streams_never_meet() {
        let stream = PartitionKey::of_stream(&StreamId::new("Account", "7").unwrap());
        assert_eq!(stream.as_str(), "stream Account-7");
        assert_eq!(row("7").as_str(), r#"row ["7"]"#);
        let number = PartitionKey::of_row(&[Value::Integer(7)]);
        assert_eq!(number.as_str(), "row [7]");
    }
}
