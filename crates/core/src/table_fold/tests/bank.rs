//! A small bank and its read models, written without the derives.

use std::cell::Cell;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::column::{Column, ColumnError, ColumnKind, ColumnValue, Value};
use crate::decode::Recorded;
use crate::payload::{self, Payload};
use crate::projection::Projection;
use crate::read_model::{Index, ReadModel};
use crate::table_projection::{NotLoaded, Rows, TableProjection, TableShape};
use crate::typed_event::{EncodeError, Event, EventSchema};

#[derive(Serialize, Deserialize)]
pub(crate) enum AccountEvent {
    Deposited {
        cents: i64,
    },
    Transferred {
        cents: i64,
        to: String,
    },
    Numbered {
        number: u64,
    },
    Closed,
    /// Its row has another key.
    Astray,
    /// No projection can take it in.
    Poisoned,
}

impl AccountEvent {
    pub(crate) fn name(&self) -> &'static str {
        self.schema().name
    }

    pub(crate) fn payload(&self) -> Bytes {
        self.encode().unwrap().into()
    }
}

impl Event for AccountEvent {
    const SCHEMAS: &'static [EventSchema] = &[
        EventSchema::new("Deposited", "Deposited"),
        EventSchema::new("Transferred", "Transferred"),
        EventSchema::new("Numbered", "Numbered"),
        EventSchema::new("Closed", "Closed"),
        EventSchema::new("Astray", "Astray"),
        EventSchema::new("Poisoned", "Poisoned"),
    ];

    fn schema(&self) -> &'static EventSchema {
        &Self::SCHEMAS[match self {
            Self::Deposited { .. } => 0,
            Self::Transferred { .. } => 1,
            Self::Numbered { .. } => 2,
            Self::Closed => 3,
            Self::Astray => 4,
            Self::Poisoned => 5,
        }]
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(payload::to_json(self)?)
    }

    fn decode(
        schema: &EventSchema,
        _: u32,
        payload: Payload<'_>,
    ) -> Result<Self, serde_json::Error> {
        payload::read(schema.variant, payload)
    }
}

/// A read model of a text as its key and one more column.
macro_rules! table {
    ($row:ident, $table:literal, $column:ident: $kind:ty) => {
        #[derive(Clone)]
        pub(crate) struct $row {
            name: String,
            $column: $kind,
        }

        impl ReadModel for $row {
            type Key = String;
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [Column] = &[
                column("name", ColumnKind::Text, true),
                column(stringify!($column), <$kind>::KIND, false),
            ];
            const INDEXES: &'static [Index] = &[];

            fn key(&self) -> String {
                self.name.clone()
            }

            fn key_values(key: &String) -> Vec<Value> {
                vec![key.to_value()]
            }

            fn to_values(&self) -> Vec<Value> {
                vec![self.name.to_value(), self.$column.to_value()]
            }

            fn from_values(values: Vec<Value>) -> Result<Self, ColumnError> {
                let [name, other] = values.try_into().expect("two columns");
                Ok(Self {
                    name: String::from_column("name", name)?,
                    $column: ColumnValue::from_column(stringify!($column), other)?,
                })
            }
        }
    };
}

const fn column(name: &'static str, kind: ColumnKind, key: bool) -> Column {
    Column {
        name,
        kind,
        nullable: false,
        key,
    }
}

table!(Balance, "balances", cents: i64);
table!(Number, "numbers", number: u64);
table!(Forward, "forwards", to: String);
table!(Closing, "closings", number: u64);

fn account<E>(event: &Recorded<E>) -> String {
    event.record.stream.id().to_owned()
}

impl Projection for Balance {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        match &event.event {
            AccountEvent::Transferred { to, .. } => vec![account(event), to.clone()],
            _ => vec![account(event)],
        }
    }

    fn fold(row: Option<Self>, key: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let before = row.map_or(0, |row| row.cents);
        let (name, cents) = match &event.event {
            AccountEvent::Deposited { cents } => (key.clone(), before + cents),
            AccountEvent::Transferred { cents, to } if to == key => (key.clone(), before + cents),
            AccountEvent::Transferred { cents, .. } => (key.clone(), before - cents),
            AccountEvent::Astray => ("elsewhere".to_owned(), before),
            AccountEvent::Closed => return None,
            _ => panic!("poisoned"),
        };
        Some(Self { name, cents })
    }
}

/// Deposits go to the account that the row of a forward names.
pub(crate) struct Statement;

/// The tables [`Statement`] writes: its own numbers, the balances, and the forwards.
impl TableProjection for Statement {
    type Event = AccountEvent;
    const NAME: &'static str = "statement";
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![
            TableShape::of::<Number>(),
            TableShape::of::<Balance>(),
            TableShape::of::<Forward>(),
        ]
    }

    fn apply(rows: &mut Rows, event: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        let name = account(event);
        match &event.event {
            AccountEvent::Transferred { to, .. } => rows.put(Forward {
                name,
                to: to.clone(),
            }),
            AccountEvent::Numbered { number } => rows.put(Number {
                name,
                number: *number,
            }),
            AccountEvent::Deposited { cents } => {
                let name = rows
                    .get::<Forward>(&name)?
                    .map_or(name, |forward| forward.to);
                let before = rows
                    .get::<Balance>(&name)?
                    .map_or(0, |balance| balance.cents);
                let cents = before + cents;
                rows.put(Balance { name, cents });
            }
            _ => {
                rows.get::<Balance>(&name)?;
            }
        }
        Ok(())
    }
}

/// Writes before it asks.
pub(crate) struct Doubled;

impl TableProjection for Doubled {
    type Event = AccountEvent;
    const NAME: &'static str = "doubled";
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![TableShape::of::<Balance>()]
    }

    fn apply(rows: &mut Rows, event: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        let (name, twice) = (account(event), account(event) + "-twice");
        let AccountEvent::Deposited { cents } = event.event else {
            return rows.get::<Closing>(&name).map(|_| ());
        };
        let before = rows
            .get::<Balance>(&name)?
            .map_or(0, |balance| balance.cents);
        rows.put(Balance {
            name,
            cents: before + cents,
        });
        let before = rows
            .get::<Balance>(&twice)?
            .map_or(0, |balance| balance.cents);
        rows.put(Balance {
            name: twice,
            cents: before + 2 * cents,
        });
        Ok(())
    }
}

/// Relies on an account having been opened by a deposit.
pub(crate) struct ClosedOnly;

thread_local! {
    /// How often it was run for an account that was not there.
    pub(crate) static NOT_OPENED: Cell<u32> = const { Cell::new(0) };
}

impl TableProjection for ClosedOnly {
    type Event = AccountEvent;
    const NAME: &'static str = "closed_only";
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![TableShape::of::<Balance>()]
    }

    fn apply(rows: &mut Rows, event: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        let name = account(event);
        if let AccountEvent::Deposited { cents } = event.event {
            rows.get::<Balance>(&name)?;
            rows.get::<Balance>(&"bank".to_owned())?;
            rows.put(Balance { name, cents });
            return Ok(());
        }
        if rows.get::<Balance>(&name)?.is_none() {
            NOT_OPENED.set(NOT_OPENED.get() + 1);
            panic!("the account was not opened");
        }
        rows.delete::<Balance>(&name);
        Ok(())
    }
}
