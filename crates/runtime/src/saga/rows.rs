//! The read model of all instances: how each is, and when there is something to do for it.
//!
//! It is an index and nothing more: whoever acts on an instance loads what is recorded of it.

use std::collections::BTreeMap;

use annals_core::{
    Column, ColumnError, ColumnKind, ColumnValue, Index, IndexOn, Instance, OpenCall, Projection,
    ReadModel, Recorded, SagaEvent, Timestamp, Value,
};

#[cfg(test)]
mod tests;

/// How an instance of a saga is, as a row of a read model.
#[derive(Debug, Clone, PartialEq)]
pub struct SagaRow {
    /// The name of the saga.
    pub saga: String,
    /// Which instance.
    pub instance: String,
    /// `running`, `parked`, `completed`, `compensated`, `cancelled`, or `notFound` if it was told
    /// something and never started.
    pub status: String,
    /// What it is parked, was undone or cancelled for.
    pub reason: Option<String>,
    /// The names of the calls and timers that are open, with commas between.
    pub waits_for: String,
    /// The step it is at: of the calls that are open, the one that was made first; of one that is
    /// parked, the one that was given up; else the timer that is due next.
    pub step: Option<String>,
    /// The definition it runs under.
    pub definition: u32,
    /// When it took its first input in.
    pub started_at: Timestamp,
    /// When it took its last input in.
    pub changed_at: Timestamp,
    /// Since when it has been in its status.
    pub since: Timestamp,
    /// When there is something to do for it next. `None`: not before it is told of something.
    pub due: Option<Timestamp>,
}

impl SagaRow {
    fn of(saga: &str, instance: &str, before: Option<&Self>, event: &Recorded<SagaEvent>) -> Self {
        let now = event.record.recorded_at;
        let after = event.event.instance();
        let status = after.map_or("notFound", |after| after.status.name());
        let same = before.filter(|before| before.status == status);
        Self {
            saga: saga.to_owned(),
            instance: instance.to_owned(),
            status: status.to_owned(),
            reason: stored(after.and_then(|after| after.status.reason())),
            waits_for: stored(after.map(waits_for)).unwrap_or_default(),
            step: stored(after.and_then(step)),
            definition: after.map_or(0, |after| after.definition),
            started_at: before.map_or(now, |before| before.started_at),
            changed_at: now,
            since: same.map_or(now, |before| before.since),
            due: after.and_then(Instance::due),
        }
    }
}

/// A text as each database can hold it: without NUL.
fn stored(text: Option<String>) -> Option<String> {
    text.map(|text| text.replace('\0', "\u{fffd}"))
}

fn waits_for(instance: &Instance) -> String {
    let names = instance.calls.keys().chain(instance.timers.keys());
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn step(instance: &Instance) -> Option<String> {
    if instance.has_ended() {
        return None;
    }
    let call = first(&instance.calls).or_else(|| first(&instance.unknown));
    let next = || instance.timers.iter().min_by_key(|(_, timer)| timer.due);
    call.or_else(|| next().map(|(name, _)| name)).cloned()
}

/// The name of the call that was made first.
fn first(calls: &BTreeMap<String, OpenCall>) -> Option<&String> {
    let first = calls.iter().min_by_key(|(_, call)| call.number);
    first.map(|(name, _)| name)
}

impl Projection for SagaRow {
    type Event = SagaEvent;

    fn keys(event: &Recorded<SagaEvent>) -> Vec<(String, String)> {
        let key = SagaEvent::instance_of(&event.record.stream);
        let key = key.map(|(saga, instance)| (saga.to_owned(), instance.to_owned()));
        key.into_iter().collect()
    }

    fn fold(
        row: Option<Self>,
        (saga, instance): &(String, String),
        event: &Recorded<SagaEvent>,
    ) -> Option<Self> {
        Some(Self::of(saga, instance, row.as_ref(), event))
    }
}

impl ReadModel for SagaRow {
    type Key = (String, String);
    const TABLE: &'static str = "sagas";
    const COLUMNS: &'static [Column] = &[
        key("saga"),
        key("instance"),
        column::<String>("status"),
        column::<Option<String>>("reason"),
        column::<String>("waits_for"),
        column::<Option<String>>("step"),
        column::<u32>("definition"),
        column::<Timestamp>("started_at"),
        column::<Timestamp>("changed_at"),
        column::<Timestamp>("since"),
        column::<Option<Timestamp>>("due"),
    ];
    const INDEXES: &'static [Index] = &[
        index(&["saga", "due"]),
        index(&["saga", "status", "since"]),
        index(&["saga", "step"]),
    ];

    fn key(&self) -> (String, String) {
        (self.saga.clone(), self.instance.clone())
    }

    fn key_values((saga, instance): &(String, String)) -> Vec<Value> {
        vec![saga.to_value(), instance.to_value()]
    }

    fn to_values(&self) -> Vec<Value> {
        vec![
            self.saga.to_value(),
            self.instance.to_value(),
            self.status.to_value(),
            self.reason.to_value(),
            self.waits_for.to_value(),
            self.step.to_value(),
            self.definition.to_value(),
            self.started_at.to_value(),
            self.changed_at.to_value(),
            self.since.to_value(),
            self.due.to_value(),
        ]
    }

    fn from_values(values: Vec<Value>) -> Result<Self, ColumnError> {
        let mut values = Self::COLUMNS.iter().map(|column| column.name).zip(values);
        let mut next = || values.next().expect("a value for each column");
        Ok(Self {
            saga: read(next())?,
            instance: read(next())?,
            status: read(next())?,
            reason: read(next())?,
            waits_for: read(next())?,
            step: read(next())?,
            definition: read(next())?,
            started_at: read(next())?,
            changed_at: read(next())?,
            since: read(next())?,
            due: read(next())?,
        })
    }
}

fn read<V: ColumnValue>((column, value): (&'static str, Value)) -> Result<V, ColumnError> {
    V::from_column(column, value)
}

const fn key(name: &'static str) -> Column {
    Column {
        name,
        kind: ColumnKind::Text,
        nullable: false,
        key: true,
    }
}

const fn column<V: ColumnValue>(name: &'static str) -> Column {
    Column {
        name,
        kind: V::KIND,
        nullable: V::NULLABLE,
        key: false,
    }
}

const fn index(columns: &'static [&'static str]) -> Index {
    Index {
        name: None,
        on: IndexOn::Columns(columns),
        only: None,
        unique: false,
    }
}
