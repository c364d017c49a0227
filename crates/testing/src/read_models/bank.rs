//! A small bank: its events, and a read model of them.

use annals_core::{
    AppendId, ContentType, Event as _, EventId, EventType, HandledEvent, Keys, LedgerPage,
    Metadata, Position, Projection, ProjectionBatch, ProjectionError, Recorded, RecordedEvent,
    StoreId, StreamId, StreamVersion, Timestamp,
};
use annals_macros::{Event, ReadModel};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The store that the events are of.
pub const STORE: StoreId = StoreId(Uuid::from_u128(1));
/// One that they are not of.
pub const OTHER_STORE: StoreId = StoreId(Uuid::from_u128(2));

/// What happens to an account.
#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub enum AccountEvent {
    /// Money came in.
    Deposited {
        /// How much.
        cents: i64,
    },
    /// Money went to another account.
    Transferred {
        /// How much.
        cents: i64,
        /// Whose it is now.
        to: String,
    },
    /// It is no more.
    Closed,
    /// What no projection can take in; as the first version of it, it cannot even be decoded.
    #[event(version = 2, upcast(1 => poisoned))]
    Poisoned,
}

fn poisoned(_: serde_json::Value) -> serde_json::Value {
    panic!("poisoned")
}

/// What an account holds.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
pub struct Balance {
    /// Which account.
    #[key]
    pub account: String,
    /// How much.
    pub cents: i64,
}

impl Projection for Balance {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        let account = event.record.stream.id().to_owned();
        match &event.event {
            AccountEvent::Transferred { to, .. } => vec![account, to.clone()],
            _ => vec![account],
        }
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let before = row.map_or(0, |row| row.cents);
        let cents = match &event.event {
            AccountEvent::Deposited { cents } => before + cents,
            AccountEvent::Transferred { cents, to } if to == account => before + cents,
            AccountEvent::Transferred { cents, .. } => before - cents,
            AccountEvent::Closed => return None,
            AccountEvent::Poisoned => panic!("poisoned"),
        };
        Some(Self {
            account: account.clone(),
            cents,
        })
    }
}

/// An event of the account, recorded at a position.
///
/// # Panics
/// When the account's name cannot be that of a stream.
pub fn recorded(position: u64, account: &str, event: &AccountEvent) -> RecordedEvent {
    let schema = event.schema();
    RecordedEvent {
        position: Position(position),
        stream: StreamId::new("Account", account).expect("a valid stream"),
        version: StreamVersion(1),
        id: EventId(Uuid::from_u128(position.into())),
        append: AppendId(Uuid::nil()),
        event_type: EventType::new(schema.name).expect("a valid name"),
        schema_version: schema.version,
        content_type: ContentType::json(),
        data: event.encode().expect("events have a JSON form").into(),
        tags: Vec::new(),
        metadata: Metadata::default(),
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: Keys::default(),
    }
}

/// A deposit, recorded at a position.
pub fn deposit(position: u64, account: &str, cents: i64) -> RecordedEvent {
    recorded(position, account, &AccountEvent::Deposited { cents })
}

/// A transfer, recorded at a position.
pub fn transfer(position: u64, account: &str, cents: i64, to: &str) -> RecordedEvent {
    let to = to.to_owned();
    recorded(position, account, &AccountEvent::Transferred { cents, to })
}

/// A batch that begins behind `after` and ends with its last event.
pub fn batch(after: u64, events: Vec<RecordedEvent>) -> ProjectionBatch {
    let up_to = events.last().map_or(Position(after), |last| last.position);
    ProjectionBatch {
        after: Position(after),
        up_to,
        events: events.into(),
    }
}

/// The pages of a ledger that notes exactly these events, each once.
pub fn pages_noting(events: &[RecordedEvent]) -> Vec<LedgerPage> {
    let events: Vec<HandledEvent> = events.iter().map(HandledEvent::from).collect();
    let pages = LedgerPage::by_page(&events).map(|(number, events)| {
        let mut page = LedgerPage::empty(number);
        for event in events {
            page.record(event.position, event.id);
        }
        page
    });
    pages.collect()
}

/// The position of the event that a batch failed at.
///
/// # Panics
/// When the failure names no event.
#[track_caller]
pub fn failed_at(failure: &ProjectionError) -> u64 {
    match failure {
        ProjectionError::Event { position, .. } => position.0,
        other => panic!("it names no event: {other}"),
    }
}
