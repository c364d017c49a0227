//! A projection in memory that keeps nothing but its ledger, and makes mistakes on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use annals_core::{
    Append, EditionId, EventId, EventStore, EventType, ExpectedVersion, HandledEvent, IdSource,
    Ledger, LedgerPage, LedgerView, NewEvent, Position, ProjectionBatch, ProjectionError,
    Projector, Query, RandomIds, RecordedEvent, StoreId, StreamId,
};
use annals_embedded::EmbeddedStore;
use annals_runtime::{Audit, AuditError, AuditOptions, audit_projection};
use async_trait::async_trait;

/// Far beyond what any wait takes when nothing is wrong.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Notes the events of the category `Account`.
pub(crate) struct MemoryLedger {
    kept: Mutex<Kept>,
}

/// What is kept of one edition.
pub(crate) struct Kept {
    pub(crate) edition: EditionId,
    pub(crate) checkpoint: Position,
    pub(crate) pages: BTreeMap<u64, Vec<u8>>,
    /// The events that are passed over.
    pub(crate) skips: BTreeSet<u64>,
    /// How often it cannot be reached from now on.
    pub(crate) failures: u32,
    /// The pages from which on it was asked for.
    pub(crate) asked: Vec<u64>,
    /// Applied one after another, each once it was asked.
    pub(crate) meanwhile: Vec<ProjectionBatch>,
}

impl Default for MemoryLedger {
    fn default() -> Self {
        Self {
            kept: Mutex::new(Kept::empty()),
        }
    }
}

impl MemoryLedger {
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nothing panics under this lock")
    }

    /// What is left of a projection that handled these events, in this order, up to a checkpoint.
    pub(crate) fn of(
        checkpoint: u64,
        handled: impl IntoIterator<Item = (Position, EventId)>,
    ) -> Self {
        let mut pages = BTreeMap::new();
        for (position, event) in handled {
            let number = LedgerPage::number_of(position);
            let page = pages.entry(number);
            let page = page.or_insert_with(|| LedgerPage::empty(number));
            page.record(position, event);
        }
        let ledger = Self::default();
        let mut kept = ledger.kept();
        kept.checkpoint = Position(checkpoint);
        kept.pages = pages
            .iter()
            .map(|(n, page)| (*n, page.to_bytes()))
            .collect();
        drop(kept);
        ledger
    }

    /// Another edition takes the place, at the same checkpoint.
    pub(crate) fn becomes(&self, other: &Self) {
        let (mut kept, other) = (self.kept(), other.kept());
        assert_eq!(kept.checkpoint, other.checkpoint);
        kept.edition = other.edition;
        kept.pages.clone_from(&other.pages);
    }

    /// Of a projection that handled what it should.
    pub(crate) fn complete(checkpoint: u64, log: &[RecordedEvent]) -> Self {
        let log = log.iter().filter(|event| is_wanted(event));
        let log = log.filter(|event| event.position.0 <= checkpoint);
        Self::of(checkpoint, log.map(|event| (event.position, event.id)))
    }

    pub(crate) async fn audit(
        &self,
        store: &dyn EventStore,
        options: &AuditOptions,
    ) -> Result<Audit, AuditError> {
        audit_projection(store, self, options).await
    }
}

impl Kept {
    fn empty() -> Self {
        Self {
            edition: EditionId(RandomIds.next()),
            checkpoint: Position::START,
            pages: BTreeMap::new(),
            skips: BTreeSet::new(),
            failures: 0,
            asked: Vec::new(),
            meanwhile: Vec::new(),
        }
    }

    pub(crate) fn apply(&mut self, batch: &ProjectionBatch) -> Result<(), ProjectionError> {
        let events: Vec<_> = batch.events.iter().map(HandledEvent::from).collect();
        for (number, events) in LedgerPage::by_page(&events) {
            let mut page = self.page(number)?;
            for event in events {
                if !self.skips.contains(&event.position.0) {
                    page.record(event.position, event.id);
                }
            }
            self.pages.insert(number, page.to_bytes());
        }
        self.checkpoint = batch.up_to;
        Ok(())
    }

    fn page(&self, number: u64) -> Result<LedgerPage, ProjectionError> {
        match self.pages.get(&number) {
            Some(bytes) => Ok(LedgerPage::from_bytes(number, bytes)?),
            None => Ok(LedgerPage::empty(number)),
        }
    }

    fn view(&self, from_page: u64, limit: usize) -> Result<LedgerView, ProjectionError> {
        let kept = self.pages.range(from_page..).take(limit);
        let pages = kept.map(|(number, _)| self.page(*number));
        Ok(LedgerView {
            edition: self.edition,
            checkpoint: self.checkpoint,
            pages: pages.collect::<Result<_, _>>()?,
        })
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn checkpoint_and_pages(
        &self,
        _: StoreId,
        from_page: u64,
        limit: usize,
    ) -> Result<LedgerView, ProjectionError> {
        let mut kept = self.kept();
        kept.asked.push(from_page);
        if kept.failures > 0 {
            kept.failures -= 1;
            let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            return Err(ProjectionError::Unavailable(Arc::new(cause)));
        }
        let view = kept.view(from_page, limit);
        if !kept.meanwhile.is_empty() {
            let batch = kept.meanwhile.remove(0);
            kept.apply(&batch)?;
        }
        view
    }
}

#[async_trait]
impl Projector for MemoryLedger {
    fn name(&self) -> &str {
        "balances"
    }

    fn query(&self) -> Query {
        Query::category("Account")
    }

    async fn resume(&self, _: StoreId) -> Result<Position, ProjectionError> {
        Ok(self.kept().checkpoint)
    }

    async fn position(&self, _: StoreId) -> Result<Position, ProjectionError> {
        Ok(self.kept().checkpoint)
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        self.kept().apply(&batch)
    }

    fn ledger(&self) -> Option<&dyn Ledger> {
        Some(self)
    }
}

pub(crate) fn is_wanted(event: &RecordedEvent) -> bool {
    event.stream.category() == "Account"
}

/// Records so many events in one append, in the category `Account` or another.
pub(crate) async fn record(store: &dyn EventStore, category: &str, events: u64) -> Position {
    let id = || RandomIds.next();
    let stream = StreamId::new(category, &id().to_string()).expect("a valid name");
    let event_type = EventType::new("Happened").expect("a valid name");
    let event = |_| NewEvent::json(EventId(id()), event_type.clone(), "{}");
    let events = (0..events).map(event).collect();
    let append = Append::to(stream, ExpectedVersion::NoStream, events);
    store.append(append).await.expect("the store takes it").last
}

/// A store with at least so many events, most of them of accounts, and what is in it.
pub(crate) async fn store_of(events: u64) -> (Arc<EmbeddedStore>, Vec<RecordedEvent>) {
    let store = Arc::new(EmbeddedStore::in_memory().expect("memory suffices"));
    let mut last = Position::START;
    while last.0 < events {
        record(&*store, "Parcel", 3).await;
        last = record(&*store, "Account", 997).await;
    }
    let all = annals_core::Read::forwards(annals_core::Source::all());
    let log = store.read(all).await.expect("it is there");
    (store, log.collect().await.expect("it is there"))
}
