//! The embedded event store: one directory, no service.
//!
//! ```text
//!  append ──► queue ──► sequencer ──► committer ──► log        one thread each
//!                          │              │
//!                          ▼              ▼
//!                        index     durable position ──► reads, subscriptions
//! ```
//!
//! In reading order: `store` opens it and keeps the contract; `sequencer` orders appends and
//! groups them, with `decide` for a single one; `index` tells where events are; `read` and
//! `subscribe` deliver them; `record` is the bytes of one event.

mod decide;
mod error;
mod index;
mod options;
mod read;
mod record;
mod sequencer;
mod store;
mod subscribe;

pub use annals_log::{Call, Disk, DiskFile, DiskLock, Fault, FileDisk, Lasting, MemoryDisk};
pub use error::OpenError;
pub use options::EmbeddedOptions;
pub use store::EmbeddedStore;
