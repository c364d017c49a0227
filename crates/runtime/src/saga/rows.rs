//! The read model of all instances: how each is, and when there is something to do for it.
//!
//! It is an index and nothing more: whoever acts on an instance loads what is recorded of it.

use annals_core::{
    Column, ColumnError, ColumnKind, ColumnValue, Ending, Index, IndexOn, Instance, Projection,
    ReadModel, Recorded, SagaEvent, SagaStatus, Timestamp, Value,
};

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
    /// The definition it runs under.
    pub definition: u32,
    /// When it took its first input in.
    pub started_at: Timestamp,
    /// When it took its last input in.
    pub changed_at: Timestamp,
    /// When there is something to do for it next. `None`: not before it is told of something.
    pub due: Option<Timestamp>,
}

impl SagaRow {
    fn of(saga: &str, instance: &str, before: Option<&Self>, event: &Recorded<SagaEvent>) -> Self {
        let now = event.record.recorded_at;
        let after = event.event.instance();
        let (status, reason) = after.map_or(("notFound", None), status);
        Self {
            saga: saga.to_owned(),
            instance: instance.to_owned(),
            status: status.to_owned(),
            reason,
            waits_for: after.map(waits_for).unwrap_or_default(),
            definition: after.map_or(0, |after| after.definition),
            started_at: before.map_or(now, |before| before.started_at),
            changed_at: now,
            due: after.and_then(Instance::due),
        }
    }
}

fn status(instance: &Instance) -> (&'static str, Option<String>) {
    match &instance.status {
        SagaStatus::Running => ("running", None),
        SagaStatus::Parked { reason } => ("parked", Some(reason.clone())),
        SagaStatus::Ended(ending) => (ending.name(), why(ending)),
    }
}

fn why(ending: &Ending) -> Option<String> {
    match ending {
        Ending::Completed => None,
        Ending::Compensated { reason } => Some(reason.to_string()),
        Ending::Cancelled { reason } => Some(reason.clone()),
    }
}

fn waits_for(instance: &Instance) -> String {
    let names = instance.calls.keys().chain(instance.timers.keys());
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
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
        column::<u32>("definition"),
        column::<Timestamp>("started_at"),
        column::<Timestamp>("changed_at"),
        column::<Option<Timestamp>>("due"),
    ];
    const INDEXES: &'static [Index] = &[index(&["saga", "due"]), index(&["saga", "status"])];

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
            self.definition.to_value(),
            self.started_at.to_value(),
            self.changed_at.to_value(),
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
            definition: read(next())?,
            started_at: read(next())?,
            changed_at: read(next())?,
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
