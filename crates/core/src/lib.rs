//! The nouns and the contracts of Annals: what every layer speaks of, and no I/O.
//!
//! In reading order:
//!
//! - what is stored: [`stream`](StreamId), [`event`](NewEvent), [`query`](Query), [`Metadata`],
//!   and how large it may be: [`limits`];
//! - the store: [`Append`], [`Read`], [`Subscription`], and the contract of [`EventStore`];
//! - events as types: [`Event`], [`Upcaster`], and the one way to read them, [`decode()`];
//! - the write side: [`Aggregate`], [`Snapshot`];
//! - the read side: [`Projection`], [`ReadModel`], and what keeps them, [`Projector`];
//! - the seams by which time and identity enter: [`Clock`], [`IdSource`].

mod aggregate;
mod append;
mod clock;
mod decode;
mod error;
mod event;
mod ids;
pub mod limits;
mod metadata;
mod name;
pub mod payload;
mod position;
mod projection;
mod query;
mod read;
mod read_model;
mod snapshot;
mod store;
mod stream;
mod subscribe;
mod typed_event;
mod upcast;

pub use aggregate::Aggregate;
pub use append::{Append, Appended, ExpectedVersion, StreamWrite};
pub use bytes::Bytes;
pub use clock::{Clock, SystemClock};
pub use decode::{DecodeError, DecodeFault, Recorded, decode, schema_of};
pub use error::{AppendError, Cause, Corruption, InvalidAppend, ReadError};
pub use event::{ContentType, EventType, NewEvent, RecordedEvent};
pub use ids::{AppendId, EventId, IdSource, RandomIds, StoreId};
pub use jiff::Timestamp;
pub use metadata::Metadata;
pub use name::{InvalidName, NameFault};
pub use position::{Position, StreamVersion};
pub use projection::{Projection, ProjectionBatch, ProjectionError, Projector, query_of};
pub use query::{AppendCondition, Query, QueryItem, Tag};
pub use read::{Direction, EventStream, Read, Source};
pub use read_model::{Column, ColumnError, ColumnKind, ColumnValue, Index, ReadModel, Value};
pub use snapshot::{Fingerprint, Snapshot, SnapshotError, SnapshotStore, StoredSnapshot};
pub use store::EventStore;
pub use stream::StreamId;
pub use subscribe::{Delivery, Subscription};
pub use typed_event::{EncodeError, Event, EventSchema};
pub use upcast::{UpcastError, Upcaster, upcast};
