//! Durable records on a disk: bytes only.
//!
//! A [`Log`] keeps records in a directory, numbered 1, 2, 3 … without gaps. A [`Batch`] of them is committed
//! whole or not at all, by one write and one `fdatasync`; what was acknowledged survives a crash of process
//! or machine, and damage is reported, never served.
//!
//! ```text
//! directory   LOCK                       held by the one process that has the log open
//!             MARK                       how far the log is known to be durable; two slots
//!             00000000000000000001.seg   segments, named by their first position
//!             00000000000000731093.seg
//!             next.tmp                   the segment being prepared
//!             00000000000000731093-2.cut an unfinished batch that was cut off, kept for inspection
//!
//! segment     header │ batch │ batch │ … │ zeros
//! batch       record frame │ record frame │ … │ commit frame
//! frame       tag │ length │ position │ CRC32C │ payload
//! commit      first position │ count │ bytes │ durable before │ BLAKE3 chain
//! ```
//!
//! Every byte is described in `docs/format/log.md`.
//!
//! ```
//! use std::sync::Arc;
//! use annals_log::{Batch, Log, LogOptions, MemoryDisk};
//!
//! let disk = Arc::new(MemoryDisk::new()); // or FileDisk::open("data")?
//! let options = LogOptions { segment_bytes: 64 * 1024, ..LogOptions::new([7; 16]) };
//! let mut log = Log::open(disk, &options, &mut |position, payload| println!("{position}: {payload:?}"))?;
//!
//! let mut batch = Batch::new();
//! batch.push(b"opened");
//! batch.push(b"deposited");
//! let committed = log.commit(&batch)?;
//! assert_eq!((committed.first, committed.last), (1, 2));
//!
//! let reader = log.reader();
//! assert_eq!(reader.read(2)?, b"deposited");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In reading order:
//!
//! - the disk: [`disk`](Disk), its two kinds, and what a test may do to it;
//! - the bytes: `little_endian`, `frame`, [`batch`](Batch), `commit`, `segment`;
//! - what a segment's bytes say: `scan`, a pure function, and [`Damage`];
//! - what a stop may have left: `mark`, [`recover`](Recovery);
//! - the writer: [`log`](Log), `active`, `prepare`, and in a thread of its own, [`committer`](Committer);
//! - the readers: `index`, [`reader`](LogReader);
//! - what can go wrong: `error`.

mod active;
mod batch;
mod commit;
mod committer;
mod damage;
mod disk;
mod error;
mod frame;
mod index;
mod little_endian;
mod log;
mod mark;
mod options;
mod prepare;
mod reader;
mod recover;
mod scan;
mod segment;

pub use batch::Batch;
pub use committer::Committer;
pub use damage::{Corruption, Damage};
pub use disk::{Call, Disk, DiskFile, DiskLock, Fault, FileDisk, Lasting, MemoryDisk, Unsynced};
pub use error::{CommitError, OpenError, ReadError};
pub use log::{Committed, Log};
pub use options::{LogOptions, StoreId};
pub use reader::{LogReader, Records};
pub use recover::{Recovery, Tail};
