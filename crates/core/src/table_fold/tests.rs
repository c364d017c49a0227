//! What a database can rely on when it drives a fold.

use std::collections::HashMap;

use bytes::Bytes;
use uuid::Uuid;

use super::{Folding, Progress, TableFold, TableWrites};
use crate::column::Value;
use crate::event::{ContentType, EventType, RecordedEvent};
use crate::handled::HandledEvent;
use crate::ids::{AppendId, EventId};
use crate::metadata::Metadata;
use crate::position::{Position, StreamVersion};
use crate::projection::ProjectionError;
use crate::query::{Query, Tag};
use crate::stream::StreamId;

use bank::{AccountEvent, Balance, ClosedOnly, Doubled, NOT_OPENED, Statement};

pub(crate) mod bank;
mod parked;

/// The rows of a fold's tables, and how often they were asked for.
#[derive(Default)]
struct Tables {
    rows: HashMap<(usize, Vec<Value>), Vec<Value>>,
    loads: Vec<Vec<(usize, Vec<Value>)>>,
}

impl Tables {
    fn with(table: usize, key: &str, row: Vec<Value>) -> Self {
        let rows = HashMap::from([((table, vec![text(key)]), row)]);
        let loads = Vec::new();
        Self { rows, loads }
    }

    fn fold(
        &mut self,
        fold: &TableFold,
        events: &[RecordedEvent],
    ) -> Result<Vec<TableWrites>, ProjectionError> {
        let mut folding = fold.begin();
        while let Progress::Missing(missing) = folding.advance(events)? {
            assert!(!missing.is_empty(), "a fold that waits must say for what");
            for (table, key) in &missing {
                let row = self.rows.get(&(*table, key.clone())).cloned();
                folding.loaded(*table, key.clone(), row);
            }
            self.loads.push(missing);
        }
        let (writes, handled) = folding.finish();
        assert!(handled.parked.is_empty());
        let given: Vec<HandledEvent> = events.iter().map(HandledEvent::from).collect();
        assert_eq!(handled.events, given);
        Ok(writes)
    }
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn recorded(position: u64, account: &str, event: &AccountEvent) -> RecordedEvent {
    RecordedEvent {
        position: Position(position),
        stream: StreamId::new("Account", account).unwrap(),
        version: StreamVersion(1),
        id: EventId(Uuid::from_u128(position.into())),
        append: AppendId(Uuid::nil()),
        event_type: EventType::new(event.name()).unwrap(),
        schema_version: 1,
        content_type: ContentType::json(),
        data: event.payload(),
        tags: Vec::new(),
        metadata: Metadata::default(),
        recorded_at: jiff::Timestamp::UNIX_EPOCH,
        keys: crate::personal::Keys::default(),
    }
}

pub(crate) fn deposit(position: u64, account: &str, cents: i64) -> RecordedEvent {
    recorded(position, account, &AccountEvent::Deposited { cents })
}

fn failed_event(error: ProjectionError) -> Position {
    match error {
        ProjectionError::Event { position, .. } => position,
        other => panic!("{other}"),
    }
}

#[test]
fn each_row_is_loaded_once_and_written_once_whatever_the_size_of_the_batch() {
    let fold = TableFold::of_rows::<Balance>();
    let events: Vec<_> = (1..=100)
        .map(|position| deposit(position, if position % 2 == 0 { "a" } else { "b" }, 1))
        .collect();
    let mut tables = Tables::with(0, "a", vec![text("a"), Value::Integer(7)]);

    let writes = tables.fold(&fold, &events).unwrap();

    let [load] = &tables.loads[..] else {
        panic!("rows are asked for at once: {:?}", tables.loads)
    };
    assert_eq!(load.len(), 2);
    let put: Vec<_> = writes[0]
        .put
        .iter()
        .map(|row| (&row.values[..], row.by.0))
        .collect();
    assert_eq!(
        put,
        [
            (&[text("b"), Value::Integer(50)][..], 99),
            (&[text("a"), Value::Integer(57)][..], 100),
        ]
    );
    assert!(writes[0].delete.is_empty());
}

#[test]
fn a_row_that_was_deleted_last_is_deleted_and_one_that_came_back_is_written() {
    let fold = TableFold::of_rows::<Balance>();
    let closed = |position, account| recorded(position, account, &AccountEvent::Closed);
    let events = [
        deposit(1, "gone", 5),
        deposit(2, "back", 5),
        closed(3, "gone"),
        closed(4, "back"),
        deposit(5, "back", 3),
    ];

    let writes = Tables::default().fold(&fold, &events).unwrap();

    assert_eq!(writes[0].delete.len(), 1);
    assert_eq!(writes[0].delete[0].values, [text("gone")]);
    assert_eq!(writes[0].delete[0].by, Position(3));
    assert_eq!(writes[0].put.len(), 1);
    assert_eq!(writes[0].put[0].values, [text("back"), Value::Integer(3)]);
}

#[test]
fn a_write_tells_what_the_row_holds_before_it_if_it_is_there() {
    let fold = TableFold::of_rows::<Balance>();
    let mut tables = Tables::with(0, "old", vec![text("old"), Value::Integer(7)]);
    let events = [
        deposit(1, "old", 1),
        deposit(2, "new", 1),
        deposit(3, "old", 1),
        deposit(4, "new", 1),
    ];

    let writes = tables.fold(&fold, &events).unwrap();

    let before: Vec<_> = writes[0]
        .put
        .iter()
        .map(|row| (&row.values[..], row.before.as_deref()))
        .collect();
    let held = [text("old"), Value::Integer(7)];
    assert_eq!(
        before,
        [
            (&[text("old"), Value::Integer(9)][..], Some(&held[..])),
            (&[text("new"), Value::Integer(2)][..], None),
        ]
    );
}

#[test]
fn an_event_that_belongs_to_several_rows_changes_each_of_them() {
    let fold = TableFold::of_rows::<Balance>();
    let to = "b".to_owned();
    let transfer = recorded(1, "a", &AccountEvent::Transferred { cents: 5, to });
    let mut tables = Tables::default();

    let writes = tables.fold(&fold, &[transfer]).unwrap();

    assert_eq!(tables.loads.len(), 1);
    let rows: Vec<_> = writes[0].put.iter().map(|row| &row.values[..]).collect();
    assert_eq!(
        rows,
        [
            [text("a"), Value::Integer(-5)],
            [text("b"), Value::Integer(5)]
        ]
    );
}

#[test]
fn a_row_that_is_only_read_is_not_written() {
    let fold = TableFold::of_tables::<Statement>();
    let closed = recorded(1, "a", &AccountEvent::Closed);
    let writes = Tables::default().fold(&fold, &[closed]).unwrap();
    assert!(
        writes
            .iter()
            .all(|writes| *writes == TableWrites::default())
    );
}

#[test]
fn a_row_whose_key_another_row_tells_is_found() {
    let fold = TableFold::of_tables::<Statement>();
    let to = "b".to_owned();
    let events = [
        // Sends whatever "a" receives on to "b".
        recorded(1, "a", &AccountEvent::Transferred { cents: 0, to }),
        deposit(2, "a", 5),
        deposit(3, "a", 6),
    ];
    let mut tables = Tables::with(1, "b", vec![text("b"), Value::Integer(100)]);

    let writes = tables.fold(&fold, &events).unwrap();

    let balances: Vec<_> = writes[1].put.iter().map(|row| &row.values[..]).collect();
    assert_eq!(balances, [[text("b"), Value::Integer(111)]]);
    let mut asked: Vec<_> = tables.loads.concat();
    let all = asked.len();
    asked.dedup();
    assert_eq!(asked.len(), all, "each row is asked for once");
}

#[test]
fn what_an_event_did_before_it_missed_a_row_is_forgotten() {
    let fold = TableFold::of_tables::<Doubled>();
    let mut tables = Tables::default();

    let writes = tables.fold(&fold, &[deposit(1, "a", 5)]).unwrap();

    assert!(tables.loads.len() > 1, "it is run several times");
    let rows: Vec<_> = writes[0].put.iter().map(|row| &row.values[..]).collect();
    assert_eq!(
        rows,
        [
            [text("a"), Value::Integer(5)],
            [text("a-twice"), Value::Integer(10)]
        ]
    );
}

#[test]
fn a_failing_event_is_named() {
    let fold = TableFold::of_rows::<Balance>();
    let mut unreadable = deposit(2, "a", 5);
    unreadable.data = Bytes::from_static(b"{}");
    let panics = recorded(2, "a", &AccountEvent::Poisoned);
    for failing in [unreadable, panics] {
        let events = [deposit(1, "a", 5), failing, deposit(3, "a", 5)];
        let error = Tables::default().fold(&fold, &events).unwrap_err();
        assert_eq!(failed_event(error), Position(2));
    }
}

#[test]
fn what_fails_ahead_of_its_turn_does_not_count() {
    // The second event panics on rows that the first one has not changed yet.
    let fold = TableFold::of_tables::<ClosedOnly>();
    let closed = recorded(2, "a", &AccountEvent::Closed);
    let writes = Tables::default()
        .fold(&fold, &[deposit(1, "a", 5), closed])
        .unwrap();
    assert_eq!(writes[0].delete[0].values, [text("a")]);
}

#[test]
fn what_is_behind_a_failure_is_not_tried_ahead_of_its_turn() {
    let fold = TableFold::of_tables::<ClosedOnly>();
    let accounts = ["a", "b", "c"];
    let opened = (1..4)
        .zip(accounts)
        .map(|(place, account)| deposit(place, account, 5));
    let closed = (4..7).zip(accounts);
    let closed = closed.map(|(place, account)| recorded(place, account, &AccountEvent::Closed));
    let events: Vec<_> = opened.chain(closed).collect();
    let writes = Tables::default().fold(&fold, &events).unwrap();
    assert_eq!(writes[0].delete.len(), 3);
    assert_eq!(NOT_OPENED.get(), 1);
}

#[test]
fn a_row_folded_for_another_key_is_refused() {
    let fold = TableFold::of_rows::<Balance>();
    let astray = recorded(7, "a", &AccountEvent::Astray);
    let error = Tables::default().fold(&fold, &[astray]).unwrap_err();
    assert!(error.to_string().contains("another key"), "{error}");
    assert_eq!(failed_event(error), Position(7));
}

#[test]
fn a_number_that_no_column_can_hold_is_refused_and_not_changed() {
    let fold = TableFold::of_tables::<Statement>();
    let fits = recorded(
        1,
        "a",
        &AccountEvent::Numbered {
            number: i64::MAX as u64,
        },
    );
    let writes = Tables::default().fold(&fold, &[fits]).unwrap();
    assert_eq!(writes[0].put[0].values[1], Value::Integer(i64::MAX));

    let too_large = recorded(
        2,
        "a",
        &AccountEvent::Numbered {
            number: i64::MAX as u64 + 1,
        },
    );
    let error = Tables::default().fold(&fold, &[too_large]).unwrap_err();
    assert_eq!(failed_event(error), Position(2));
}

#[test]
fn a_stored_row_that_is_not_of_its_read_model_is_damage() {
    let fold = TableFold::of_rows::<Balance>();
    let mut tables = Tables::with(0, "a", vec![text("a"), text("many")]);
    let error = tables.fold(&fold, &[deposit(1, "a", 5)]).unwrap_err();
    assert!(matches!(error, ProjectionError::Damaged { .. }), "{error}");
}

#[test]
fn a_table_that_is_not_declared_is_a_failure_of_the_event() {
    let fold = TableFold::of_tables::<Doubled>();
    let undeclared = recorded(3, "a", &AccountEvent::Closed);
    let error = Tables::default().fold(&fold, &[undeclared]).unwrap_err();
    assert!(
        error.to_string().contains("declares no closings"),
        "{error}"
    );
    assert_eq!(failed_event(error), Position(3));
}

#[test]
fn another_category_event_type_or_tag_is_another_declaration() {
    let mine = TableFold::of_rows::<Balance>();
    assert_eq!(
        mine.fingerprint(),
        TableFold::of_rows::<Balance>().fingerprint()
    );
    let tagged = Query::any_of(mine.query.items().iter().map(|item| {
        let tag = Tag::new("kind:savings").unwrap();
        item.clone().tags([tag])
    }));
    for query in [Query::all(), Query::category("Account"), tagged] {
        let other = TableFold {
            query,
            ..mine.clone()
        };
        assert_ne!(other.fingerprint(), mine.fingerprint());
    }
    let other = TableFold {
        revision: 2,
        ..mine.clone()
    };
    assert_ne!(other.fingerprint(), mine.fingerprint());
    let other = TableFold {
        tables: Vec::new(),
        ..mine.clone()
    };
    assert_ne!(other.fingerprint(), mine.fingerprint());
}
