//! Ledgers: which events a projection handled, so that one that was left out shows.
//!
//! A checkpoint tells how far a projection is. It does not tell that nothing was passed over on the
//! way: an event that a reader, a subscription or a fold left out leaves no trace in it. A ledger
//! notes each event as it is handled, in the transaction of its effect, and an audit compares it
//! with what the log holds.

use async_trait::async_trait;
use uuid::Uuid;

use crate::handled::HandledEvent;
use crate::ids::{EditionId, EventId, StoreId};
use crate::position::Position;
use crate::projection::ProjectionError;

mod bits;
mod encoding;

use bits::Bits;
pub use encoding::DamagedPage;

/// How many positions a page has.
pub const PAGE_POSITIONS: u64 = 4096;

/// What a projection has handled, and the checkpoint that belongs to it.
///
/// # Contract
///
/// 1. Whoever moves the checkpoint notes the events of the batch in the same transaction: both or
///    neither. Each event is noted where its effect is written, not where it was asked for. One that
///    is parked is noted as well, and not again when it is released.
/// 2. It is emptied in the transaction that empties the read model.
/// 3. A page on which nothing was noted need not be kept.
/// 4. It is of one store and of one declaration, as the checkpoint is: that of another is refused.
///
/// What a backend does with the events of a batch, in the transaction that moves the checkpoint:
///
/// ```
/// # use annals_core::{DamagedPage, Handled, LedgerPage};
/// fn note(
///     handled: &Handled,
///     load: impl Fn(u64) -> Option<Vec<u8>>,
///     mut save: impl FnMut(u64, Vec<u8>),
/// ) -> Result<(), DamagedPage> {
///     for (number, events) in LedgerPage::by_page(&handled.events) {
///         let mut page = match load(number) {
///             Some(bytes) => LedgerPage::from_bytes(number, &bytes)?,
///             None => LedgerPage::empty(number),
///         };
///         for event in events {
///             page.record(event.position, event.id);
///         }
///         save(number, page.to_bytes());
///     }
///     Ok(())
/// }
/// ```
#[async_trait]
pub trait Ledger: Send + Sync + 'static {
    /// The checkpoint, and the first `limit` pages that are kept from page number `from_page` on,
    /// in order: all as of one moment. Fewer pages than `limit` mean that there are no more.
    ///
    /// What is kept of another store than `store` is refused, as by
    /// [`Projector::position`](crate::Projector::position).
    async fn checkpoint_and_pages(
        &self,
        store: StoreId,
        from_page: u64,
        limit: usize,
    ) -> Result<LedgerView, ProjectionError>;
}

/// A part of a [`Ledger`], as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerView {
    /// The edition of the read model that it is of: what was seen of another proves nothing of this
    /// one.
    pub edition: EditionId,
    /// Up to where events were applied when the pages were as they are.
    pub checkpoint: Position,
    /// The pages, by ascending number.
    pub pages: Vec<LedgerPage>,
}

/// What a projection has handled among [`PAGE_POSITIONS`] consecutive positions: page 0 has the
/// positions 1 to 4096.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPage {
    number: u64,
    times: u64,
    digest: LedgerDigest,
    handled: Bits,
    repeated: Bits,
}

impl LedgerPage {
    /// A page on which nothing was handled yet.
    pub fn empty(number: u64) -> Self {
        Self {
            number,
            times: 0,
            digest: LedgerDigest::default(),
            handled: Bits::default(),
            repeated: Bits::default(),
        }
    }

    /// The number of the page that a position is on.
    pub fn number_of(position: Position) -> u64 {
        position.0.saturating_sub(1) / PAGE_POSITIONS
    }

    /// Cuts events, in the order of the store, into those of each page.
    pub fn by_page(events: &[HandledEvent]) -> impl Iterator<Item = (u64, &[HandledEvent])> {
        let number = |event: &HandledEvent| Self::number_of(event.position);
        events
            .chunk_by(move |one, next| number(one) == number(next))
            .map(move |events| (number(&events[0]), events))
    }

    /// Notes that an event was handled.
    ///
    /// # Panics
    /// When its position is on another page.
    pub fn record(&mut self, position: Position, event: EventId) {
        assert_eq!(
            Self::number_of(position),
            self.number,
            "position {position} is on another page"
        );
        self.times += 1;
        if self.handled.set(place_of(position)) {
            self.digest = self.digest + LedgerDigest::of(position, event);
        } else {
            self.repeated.set(place_of(position));
        }
    }

    /// Which page it is, from 0.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The position before its first one.
    pub fn after(&self) -> Position {
        Position(self.number.saturating_mul(PAGE_POSITIONS))
    }

    /// Its last position.
    pub fn last(&self) -> Position {
        Position(self.after().0.saturating_add(PAGE_POSITIONS))
    }

    /// How many times an event was handled: more often than there are positions that were, when one
    /// was handled again.
    pub fn times(&self) -> u64 {
        self.times
    }

    /// Which events were handled first at each position.
    pub fn digest(&self) -> LedgerDigest {
        self.digest
    }

    /// True if an event at this position was handled.
    pub fn has(&self, position: Position) -> bool {
        Self::number_of(position) == self.number && self.handled.has(place_of(position))
    }

    /// The positions that are handled here and not on `other`, another state of the same page.
    pub fn handled_beyond(&self, other: &Self) -> impl Iterator<Item = Position> {
        self.positions(self.handled.without(&other.handled))
    }

    /// The positions that were handled more than once.
    pub fn repeated(&self) -> impl Iterator<Item = Position> {
        self.positions(self.repeated)
    }

    fn positions(&self, places: Bits) -> impl Iterator<Item = Position> {
        let first = self.after().next();
        places.ones().map(move |place| Position(first.0 + place))
    }
}

/// Where on its page a position is, from 0.
fn place_of(position: Position) -> u64 {
    position.0.saturating_sub(1) % PAGE_POSITIONS
}

/// Tells sets of events apart, whatever the order they were handled in.
///
/// It is the sum, modulo 2¹²⁸, of a hash of each event: the UUID of version 5 (RFC 9562: SHA-1, cut
/// to 122 bits) that has the event's id as its namespace and its position, 8 bytes, least
/// significant first, as its name. It finds mistakes; it is no seal against forgers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LedgerDigest(pub u128);

impl LedgerDigest {
    /// Of one event.
    pub fn of(position: Position, event: EventId) -> Self {
        Self(Uuid::new_v5(&event.0, &position.0.to_le_bytes()).as_u128())
    }
}

impl std::ops::Add for LedgerDigest {
    type Output = Self;

    /// Of the events of both.
    fn add(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

impl std::fmt::Display for LedgerDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests;
