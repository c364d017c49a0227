//! What `#[derive(Projection)]` promises, column by column.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use annals_core::{
    AppendId, Event, EventId, EventType, Keys, Metadata, Position, Progress, Projection,
    ProjectionError, Query, QueryItem, Recorded, RecordedEvent, StreamVersion, TableFold, Tag,
    Timestamp,
};
use annals_macros::{Event, Projection, ReadModel};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum AccountEvent {
    Opened { owner: String, r#type: u32 },
    Transferred { new_owner: String },
    Deposited(Payment),
    Withdrawn { payment: Payment, fee: u32 },
    Frozen,
    Noted,
    Closed,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Payment {
    cents: u32,
    month: String,
}

const CATEGORY: &str = "Account";

#[derive(ReadModel, Projection, Clone, Debug, PartialEq)]
#[projection(event = AccountEvent, categories(CATEGORY), tags("kind:private"))]
#[projection(create_on(Opened), delete_on(Closed))]
struct Account {
    #[key]
    #[from(stream_id)]
    number: u64,
    #[from(Opened.owner, Transferred.new_owner)]
    owner: String,
    #[from(Opened.r#type)]
    r#type: u64,
    #[from(Deposited.0.month, Withdrawn.payment.month)]
    last_paid: Option<String>,
    #[from(Opened => "open", Frozen => "frozen")]
    status: String,
    #[sum(Deposited.0.cents, -Withdrawn.payment.cents, -Withdrawn.fee)]
    cents: i64,
    #[count(Deposited, Withdrawn)]
    payments: u64,
    #[from(version)]
    version: StreamVersion,
    #[from(position)]
    position: Position,
    #[from(recorded_at)]
    recorded_at: Timestamp,
    #[from(happened_at)]
    happened_at: Option<Timestamp>,
}

/// A row for each month, which any payment creates.
#[derive(ReadModel, Projection, Clone, Debug, PartialEq)]
#[projection(event = AccountEvent)]
struct Turnover {
    #[key]
    #[from(stream_id)]
    account: String,
    #[count(Deposited, -Withdrawn)]
    more_in: i64,
    #[key]
    #[from(Deposited.0.month, Withdrawn.payment.month)]
    month: String,
    #[from(Deposited.0.cents, Withdrawn.payment.cents)]
    last: u32,
    #[sum(Withdrawn.fee)]
    fees: u32,
}

fn at(second: i64) -> Timestamp {
    Timestamp::new(second, 0).unwrap()
}

fn recorded(position: u64, stream: &str, event: AccountEvent) -> Recorded<AccountEvent> {
    let schema = event.schema();
    let id = EventId(Uuid::nil());
    let new = event.to_new(id, Metadata::default()).unwrap();
    let record = RecordedEvent {
        position: Position(position),
        stream: stream.parse().unwrap(),
        version: StreamVersion(position + 10),
        id,
        append: AppendId(Uuid::nil()),
        event_type: EventType::new(schema.name).unwrap(),
        schema_version: schema.version,
        content_type: new.content_type,
        data: new.data,
        tags: new.tags,
        metadata: new.metadata,
        recorded_at: at(100),
        keys: Keys::default(),
    };
    let part = 0;
    Recorded {
        event,
        record,
        part,
    }
}

fn payment(cents: u32, month: &str) -> Payment {
    let month = month.to_owned();
    Payment { cents, month }
}

fn opened(owner: &str) -> AccountEvent {
    let (owner, r#type) = (owner.to_owned(), 3);
    AccountEvent::Opened { owner, r#type }
}

fn deposited(cents: u32) -> AccountEvent {
    AccountEvent::Deposited(payment(cents, "May"))
}

fn withdrawn(cents: u32, fee: u32) -> AccountEvent {
    let payment = payment(cents, "June");
    AccountEvent::Withdrawn { payment, fee }
}

/// The account after events that happened to it, from position 1 on.
fn account(events: impl IntoIterator<Item = AccountEvent>) -> Option<Account> {
    let positions = 1..;
    positions.zip(events).fold(None, |row, (position, event)| {
        Account::fold(row, &7, &recorded(position, "Account-7", event))
    })
}

fn new_account() -> Account {
    Account {
        number: 7,
        owner: "ann".to_owned(),
        r#type: 3,
        last_paid: None,
        status: "open".to_owned(),
        cents: 0,
        payments: 0,
        version: StreamVersion(11),
        position: Position(1),
        recorded_at: at(100),
        happened_at: Some(at(100)),
    }
}

#[test]
fn a_new_row_holds_what_its_event_tells_and_otherwise_nothing() {
    assert_eq!(account([opened("ann")]), Some(new_account()));
}

#[test]
fn a_column_holds_what_the_last_event_told() {
    let new_owner = "bob".to_owned();
    let row = account([opened("ann"), AccountEvent::Transferred { new_owner }]).unwrap();
    assert_eq!(row.owner, "bob");
    let row = account([opened("ann"), deposited(5), withdrawn(1, 0)]).unwrap();
    assert_eq!(row.last_paid.as_deref(), Some("June"));
}

#[test]
fn an_event_can_stand_for_a_value() {
    let row = account([opened("ann"), AccountEvent::Frozen]).unwrap();
    assert_eq!(row.status, "frozen");
}

#[test]
fn sums_and_counts_take_every_event_in() {
    let row = account([opened("ann"), deposited(50), withdrawn(20, 1), deposited(4)]).unwrap();
    assert_eq!((row.cents, row.payments), (33, 3));
}

#[test]
fn an_event_that_nothing_names_changes_what_every_record_has() {
    let row = account([opened("ann"), AccountEvent::Noted]).unwrap();
    assert_eq!(
        (row.version, row.position),
        (StreamVersion(12), Position(2))
    );
}

#[test]
fn only_events_that_create_rows_do() {
    assert_eq!(account([deposited(5), AccountEvent::Frozen]), None);
}

#[test]
fn an_event_that_deletes_a_row_does_and_the_next_row_is_a_new_one() {
    let closed = [opened("ann"), deposited(5), AccountEvent::Closed];
    assert_eq!(account(closed.clone()), None);
    let again = closed.into_iter().chain([opened("ann")]);
    assert_eq!(account(again).unwrap().payments, 0);
}

#[test]
fn a_key_of_the_record_is_that_of_every_event() {
    for event in [opened("ann"), AccountEvent::Closed] {
        assert_eq!(Account::keys(&recorded(1, "Account-7", event)), [7]);
    }
}

#[test]
fn a_key_of_several_columns_is_their_tuple_for_the_events_that_tell_it() {
    let key = ("7".to_owned(), "May".to_owned());
    let may = recorded(1, "Account-7", deposited(5));
    assert_eq!(Turnover::keys(&may), std::slice::from_ref(&key));
    assert_eq!(
        Turnover::keys(&recorded(1, "Account-7", AccountEvent::Frozen)),
        []
    );
    let row = Turnover::fold(None, &key, &may).unwrap();
    let expected = Turnover {
        account: "7".to_owned(),
        more_in: 1,
        month: "May".to_owned(),
        last: 5,
        fees: 0,
    };
    assert_eq!(row, expected);
    let after = Turnover::fold(Some(row), &key, &recorded(2, "Account-7", withdrawn(3, 2)));
    let (more_in, last, fees) = (0, 3, 2);
    assert_eq!(
        after,
        Some(Turnover {
            more_in,
            last,
            fees,
            ..expected
        })
    );
}

#[test]
fn it_asks_for_its_categories_and_tags() {
    let items = Account::query().items().to_vec();
    assert!(items[0].categories.contains(CATEGORY));
    assert!(items[0].tags.contains(&Tag::new("kind:private").unwrap()));
    let everywhere = Turnover::query();
    let types = items[0].types.clone();
    let expected = QueryItem::default().types(types);
    assert_eq!(everywhere, Query::any_of([expected]));
}

/// Folds events into rows of which none is there yet.
fn fold(records: &[RecordedEvent]) -> Result<(), ProjectionError> {
    let mut folding = TableFold::of_rows::<Tight>().begin();
    while let Progress::Missing(rows) = folding.advance(records)? {
        for (table, key) in rows {
            folding.loaded(table, key, None);
        }
    }
    Ok(())
}

/// Which of the events that happened to an account cannot be taken in, and why.
fn failure(stream: &str, events: impl IntoIterator<Item = AccountEvent>) -> (u64, String) {
    let records = (1..).zip(events);
    let records = records.map(|(position, event)| recorded(position, stream, event).record);
    match fold(&Vec::from_iter(records)) {
        Err(ProjectionError::Event { position, cause }) => (position.0, cause.to_string()),
        other => panic!("{other:?}"),
    }
}

/// Columns that overflow early.
#[derive(ReadModel, Projection, Clone)]
#[projection(event = AccountEvent)]
struct Tight {
    #[key]
    #[from(stream_id)]
    number: u64,
    #[sum(Deposited.0.cents)]
    cents: u32,
    #[count(Deposited, -Frozen)]
    warm: u32,
}

#[test]
fn an_overflow_is_a_failure_of_the_event() {
    let too_much = failure("Account-7", [deposited(u32::MAX), deposited(1)]);
    let message = "the projection panicked: `cents` overflows".to_owned();
    assert_eq!(too_much, (2, message));
    let frozen = AccountEvent::Frozen;
    let too_few = failure("Account-7", [deposited(1), frozen.clone(), frozen]);
    let message = "the projection panicked: `warm` overflows".to_owned();
    assert_eq!(too_few, (3, message));
}

#[test]
fn a_stream_whose_id_is_no_key_is_a_failure_of_the_event() {
    let strange = failure("Account-seven", [AccountEvent::Frozen]);
    let message = "the projection panicked: `number` cannot be seven".to_owned();
    assert_eq!(strange, (1, message));
}

/// Declares the same table, with the attributes of its one counter.
macro_rules! counting {
    ($name:ident, $($counter:tt)+) => {
        #[derive(ReadModel, Projection, Clone)]
        #[read_model(table = "counting")]
        #[projection(event = AccountEvent)]
        struct $name {
            #[key]
            #[from(stream_id)]
            account: String,
            $($counter)+
            events: u64,
        }
    };
}

counting!(First, #[count(Deposited, Withdrawn)]);
counting!(
    LaidOutOtherwise,
    #[count(
        Deposited, // a comment
        Withdrawn
    )]
);
counting!(OfMoreEvents, #[count(Deposited, Withdrawn, Frozen)]);
counting!(OtherwiseCounted, #[count(Deposited, -Withdrawn)]);

#[test]
fn a_changed_declaration_is_another_revision_and_another_layout_is_none() {
    let first = TableFold::of_rows::<First>().fingerprint();
    let same = TableFold::of_rows::<LaidOutOtherwise>().fingerprint();
    assert_eq!(same, first);
    let more = TableFold::of_rows::<OfMoreEvents>().fingerprint();
    let otherwise = TableFold::of_rows::<OtherwiseCounted>().fingerprint();
    assert_ne!(more, first);
    assert_ne!(otherwise, first);
}

#[test]
fn the_revision_of_a_declaration_is_the_same_for_ever() {
    assert_eq!(First::FOLD_REVISION, 3_608_369_406);
}

/// Named as parameters of what is written.
fn row() -> &'static str {
    "our own row"
}

fn key() -> &'static str {
    "our own key"
}

fn event() -> &'static str {
    "our own event"
}

#[derive(ReadModel, Projection, Clone)]
#[projection(event = AccountEvent, create_on(Opened))]
struct Named {
    #[key]
    #[from(stream_id)]
    account: String,
    #[from(Opened => [row(), key(), event()].join(", "))]
    names: String,
}

#[test]
fn a_value_means_what_it_means_where_it_is_declared() {
    let opened = recorded(1, "Account-7", opened("ann"));
    let named = Named::fold(None, &"7".to_owned(), &opened).unwrap();
    assert_eq!(named.names, "our own row, our own key, our own event");
}
