//! One page of the ledger beside the same positions of the log.

use std::ops::Range;

use annals_core::{
    EventStore, EventStream, LedgerPage, Position, Query, Read, ReadError, RecordedEvent, Source,
};

use super::{AuditError, LogSelection};

/// What the log holds for a projection between two positions, read as it is compared.
pub(super) struct Log {
    events: EventStream,
    /// What of it the projection wants.
    query: Query,
    up_to: Position,
    /// The next of its events.
    next: Option<RecordedEvent>,
}

impl Log {
    /// Begins after the start of the range, and ends with its end.
    pub(super) async fn open(
        store: &dyn EventStore,
        query: &Query,
        selection: LogSelection,
        range: Range<Position>,
    ) -> Result<Self, AuditError> {
        let asked = match selection {
            LogSelection::ByStore => query.clone(),
            LogSelection::ByAudit => Query::all(),
        };
        let read = Read::forwards(Source::query_after(asked, range.start));
        let events = store.read(read).await?;
        let (checkpoint, head) = (range.end, events.head());
        if checkpoint > head {
            return Err(AuditError::AheadOfStore { checkpoint, head });
        }
        let mut log = Self {
            events,
            query: query.clone(),
            up_to: range.end,
            next: None,
        };
        log.advance().await?;
        Ok(log)
    }

    /// The page of its next event.
    pub(super) fn next_page(&self) -> Option<u64> {
        let next = self.next.as_ref();
        next.map(|event| LedgerPage::number_of(event.position))
    }

    /// Takes its next event if that is on this page.
    async fn take_of(&mut self, page: u64) -> Result<Option<RecordedEvent>, ReadError> {
        if self.next_page() != Some(page) {
            return Ok(None);
        }
        let event = self.next.take();
        self.advance().await?;
        Ok(event)
    }

    async fn advance(&mut self) -> Result<(), ReadError> {
        while let Some(event) = self.events.try_next().await? {
            if event.position > self.up_to {
                break;
            }
            if self.wants(&event) {
                self.next = Some(event);
                break;
            }
        }
        Ok(())
    }

    fn wants(&self, event: &RecordedEvent) -> bool {
        let query = &self.query;
        query.matches(&event.stream, &event.event_type, &event.tags)
    }
}

/// A page as the projection kept it, and as the log says it should be.
pub(super) struct PageComparison {
    pub(super) handled: LedgerPage,
    /// What should have been handled.
    wanted: LedgerPage,
    /// Of that, what is at the positions that were.
    agreed: LedgerPage,
}

impl PageComparison {
    pub(super) async fn of(handled: LedgerPage, log: &mut Log) -> Result<Self, ReadError> {
        let number = handled.number();
        let mut wanted = LedgerPage::empty(number);
        let mut agreed = LedgerPage::empty(number);
        while let Some(event) = log.take_of(number).await? {
            wanted.record(event.position, event.id);
            if handled.has(event.position) {
                agreed.record(event.position, event.id);
            }
        }
        Ok(Self {
            handled,
            wanted,
            agreed,
        })
    }

    /// The last position of the page.
    pub(super) fn last(&self) -> Position {
        self.handled.last()
    }

    /// The positions that the projection wants and did not handle.
    pub(super) fn missing(&self) -> impl Iterator<Item = Position> {
        self.wanted.handled_beyond(&self.handled)
    }

    /// The positions that it handled, and that hold nothing for it.
    pub(super) fn foreign(&self) -> impl Iterator<Item = Position> {
        self.handled.handled_beyond(&self.wanted)
    }

    /// True if another event was handled somewhere than the log holds there. Where a foreign one was
    /// handled too, nobody can tell.
    pub(super) fn has_another(&self) -> bool {
        self.foreign().next().is_none() && self.handled.digest() != self.agreed.digest()
    }
}
