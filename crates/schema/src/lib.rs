//! The schema gate: events outlive the code that wrote them, so their shapes are kept in the
//! repository, and a change that recorded events would not survive is refused before it is deployed.
//!
//! A service declares its events in a [`Catalogue`], with samples of them. [`Catalogue::accept`] writes
//! what it finds to a directory that is committed with the code: of each version of each event type its
//! JSON Schema, and golden samples of what is stored and what that is read as.
//! [`Catalogue::check`] compares, in a test: is every recorded version still read, and does it still say
//! the same?
//!
//! ```
//! # use annals_core as annals;
//! # use annals_macros::Event;
//! # use annals_schema::Catalogue;
//! # use schemars::JsonSchema;
//! # use serde::{Deserialize, Serialize};
//! #[derive(Event, Serialize, Deserialize, JsonSchema)]
//! enum AccountEvent {
//!     #[event(name = "MoneyDeposited")]
//!     Deposited { cents: u64 },
//! }
//!
//! let catalogue = Catalogue::new("bank").events([AccountEvent::Deposited { cents: 5 }]);
//! # let folder = tempfile::tempdir().unwrap();
//! # let schemas = folder.path();
//! catalogue.accept(schemas)?;
//! catalogue.check(schemas)?;
//! # Ok::<(), annals_schema::SchemaError>(())
//! ```
//!
//! In reading order: the [catalogue](Catalogue), what the code declares (`declared`, `payload_schema`,
//! `sample`), what is recorded (`directory`), how two shapes compare (`shape`, `compare`), what a
//! `review` of both finds ([`SchemaFault`], [`Notice`]), and what `accept` writes (`page`: the page that
//! people read).

mod accept;
mod catalogue;
mod compare;
mod declared;
mod difference;
mod directory;
mod error;
mod fault;
mod page;
mod payload_schema;
mod review;
mod sample;
mod shape;

pub use accept::Accepted;
pub use annals_core::ChainFault;
pub use catalogue::Catalogue;
pub use difference::{Change, Difference};
pub use error::{Faults, SchemaError};
pub use fault::SchemaFault;
pub use review::{Checked, Notice};
pub use sample::SampleFault;
