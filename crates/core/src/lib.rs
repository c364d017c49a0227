//! The nouns and the contracts of Annals: what every layer speaks of, and no I/O.
//!
//! In reading order:
//!
//! - what is stored: [`stream`](StreamId), [`event`](NewEvent), [`query`](Query), [`Metadata`],
//!   and how large it may be: [`limits`];
//! - the store: [`Append`], [`Read`], [`Subscription`], and the contract of [`EventStore`];
//! - events as types: [`Event`], [`Upcaster`], what of them is [`Personal`], and the one way to read
//!   them, [`decode()`];
//! - the write side: [`Aggregate`], [`Snapshot`];
//! - the read side: [`Projection`] and [`TableProjection`], the rows they write: [`ReadModel`],
//!   what a backend makes of them: [`TableFold`], [`ReadModels`], [`Projector`], and how they are
//!   queried: [`Table`], [`Selection`]; how they are made anew: [`Editions`]; what could not be
//!   applied: [`DeadLetters`];
//! - which events a projection has handled, so that one left out shows: [`Ledger`]; whether its rows
//!   are what the events make of them: [`Refold`];
//! - what is done in the outside world for events: [`Effect`];
//! - what goes over several owners of state, and undoes itself if it must: [`Saga`], [`Steps`], the
//!   [`Command`]s it sends;
//! - who of several processes does a piece of work: [`Leases`];
//! - the keys that personal data is sealed under: [`KeyStore`], [`RootKeys`]; where it is kept that is
//!   not in the log: [`SideStore`];
//! - the seams by which time and identity enter: [`Clock`], [`IdSource`].

mod aggregate;
mod append;
mod chain;
mod checkpoint;
mod clock;
mod column;
mod command;
mod dead_letter;
mod decode;
mod edition;
mod effect;
mod error;
mod event;
mod handled;
mod ids;
mod key_store;
mod lease;
mod ledger;
pub mod limits;
mod metadata;
mod name;
mod parking;
pub mod payload;
mod personal;
mod position;
mod projection;
mod query;
mod read;
mod read_model;
mod read_models;
mod refold;
mod releasing;
mod saga;
mod selection;
mod side_store;
mod snapshot;
mod store;
mod stream;
mod subscribe;
mod table_fold;
mod table_projection;
mod typed_event;
mod upcast;

pub use aggregate::Aggregate;
pub use append::{Append, Appended, ExpectedVersion, StreamWrite};
pub use bytes::Bytes;
pub use chain::ChainFault;
pub use checkpoint::StoredCheckpoint;
pub use clock::{Clock, SystemClock};
pub use column::{Column, ColumnError, ColumnKind, ColumnValue, Value};
pub use command::{Command, FieldFault, Request};
pub use dead_letter::{DeadLetter, DeadLetters, Failure, ParkCause, Released, Skipped, Tried};
pub use decode::{DecodeError, DecodeFault, Decoded, Recorded, decode, events_of, schema_of};
pub use edition::{
    Edition, EditionRows, EditionState, EditionView, Editions, Exchange, Exchanged, Replacement,
    Sample, Successor, TableRows,
};
pub use effect::{Effect, EffectError, EffectStart, partition_of};
pub use error::{AppendError, Cause, Corruption, InvalidAppend, ReadError};
pub use event::{ContentType, EventType, NewEvent, RecordedEvent};
pub use handled::{Handled, HandledEvent};
pub use ids::{AppendId, EditionId, EffectKey, EventId, IdSource, RandomIds, StoreId};
pub use jiff::Timestamp;
pub use key_store::{KeyStore, KeyStoreError, Rewrapping, RootId, RootKeys, StoredKey, WrappedKey};
pub use lease::{Lease, LeaseError, LeaseState, Leases};
pub use ledger::{DamagedPage, Ledger, LedgerDigest, LedgerPage, LedgerView, PAGE_POSITIONS};
pub use metadata::Metadata;
pub use name::{InvalidName, NameFault};
pub use parking::{Parking, PartitionKey};
pub use personal::{
    DataKey, FoundBeside, Kept, KeyId, Keys, Opening, Origin, Personal, PersonalFault,
    PersonalField, PersonalValue, Sealed, Sealing, SideId, SideValue, SubjectId, SubjectKey,
    Undisclosed, bring_inside, disclose_copies, open_event, seal_event, side_ids_of,
    side_ids_of_copies, subjects_of_copies,
};
pub use position::{Position, StreamVersion};
pub use projection::{Projection, ProjectionBatch, ProjectionError, Projector, query_of};
pub use query::{AppendCondition, Query, QueryItem, Tag};
pub use read::{Direction, EventStream, Read, Source};
pub use read_model::{Index, IndexOn, ReadModel};
pub use read_models::{QueryError, ReadModels, Table};
pub use refold::{KeySample, LeftOut, Refold, RefoldPurpose, RowDrift, RowsCheck};
pub use releasing::Releasing;
pub use saga::{
    Answer, Asked, Call, Decision, Ending, Input, Instance, InstanceId, OpenCall, OpenTimer,
    RetryPolicy, Route, Saga, SagaEvent, SagaInput, SagaStatus, SagaStep, Schedule, Stage, Stepped,
    Steps, TOOK_TOO_LONG, TimerName, Unwanted,
};
pub use selection::{Beyond, Condition, Operator, Order, Select, Selection};
pub use side_store::{SideStore, SideStoreError};
pub use snapshot::{Fingerprint, Snapshot, SnapshotError, SnapshotStore, StoredSnapshot};
pub use store::EventStore;
pub use stream::StreamId;
pub use subscribe::{Delivery, Subscription};
pub use table_fold::{Folding, Progress, RowWrite, TableFold, TableWrites};
pub use table_projection::{NotLoaded, RowError, Rows, TableProjection, TableShape};
pub use typed_event::{EncodeError, Event, EventSchema, subject_tag, tagged_subject};
pub use upcast::{Became, RetiredEvent, Step, UpcastError, Upcaster, upcast};
