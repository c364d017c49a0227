//! Audits: whether a projection handled every event it wants, once.
//!
//! In reading order: `report` is what an audit tells, and `line` how; `comparison` lays a page of the ledger beside
//! the log; `background` repeats the audit as the projection goes on.

use std::num::NonZeroUsize;

use annals_core::{
    EditionId, EventStore, Ledger, LedgerPage, LedgerView, Position, ProjectionError, Projector,
    Query, ReadError,
};
use tokio::sync::watch;

mod background;
mod comparison;
mod line;
mod report;

pub use background::{
    AuditSubject, BackgroundAudit, BackgroundAuditOptions, LatestAudit, audit_in_background,
};
use comparison::{Log, PageComparison};
pub use report::{Audit, Findings, PageSpan, Proven};

/// How an audit is made. The defaults are for production.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// What an earlier audit has proven, and this one need not look at again.
    pub proven: Proven,
    /// How the audit finds out which events the projection wants.
    pub selection: LogSelection,
    /// Most pages of the ledger that are read at once, as of one moment.
    pub pages_at_once: NonZeroUsize,
    /// Most positions of each kind that are named; all are counted.
    pub most_named: NonZeroUsize,
    /// Told after each page how far the audit is.
    pub progress: Option<watch::Sender<AuditProgress>>,
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self {
            proven: Proven::default(),
            selection: LogSelection::ByStore,
            pages_at_once: NonZeroUsize::new(64).expect("64 is not zero"),
            most_named: NonZeroUsize::new(20).expect("20 is not zero"),
            progress: None,
        }
    }
}

/// How an audit finds out which events of the log a projection wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogSelection {
    /// The store selects them, as it does for the projection. An event that the store's index lacks
    /// is missed by both.
    #[default]
    ByStore,
    /// Every event is read, and the audit selects. It takes as long as the log is.
    ByAudit,
}

/// How far an audit is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditProgress {
    /// Up to where ledger and log were compared.
    pub compared_up_to: Position,
    /// Where the projection's checkpoint is: about where the audit ends.
    pub checkpoint: Position,
}

/// Why an audit could not be made.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The projector does not note what it handles, so nothing can be proven.
    /// **Do:** keep the read model in one of the databases, or give the projector a ledger.
    #[error("projection {0} keeps no ledger")]
    NoLedger(String),
    /// The ledger could not be read.
    /// **Do:** what [`ProjectionError`] says.
    #[error(transparent)]
    Ledger(#[from] ProjectionError),
    /// The log could not be read.
    /// **Do:** what [`ReadError`] says.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The read model is being made again: what was compared is not there any more.
    /// **Do:** audit again, from the first event.
    #[error("the checkpoint went back to {checkpoint}, the audit was at {compared_up_to}")]
    WentBack {
        /// Where the checkpoint is.
        checkpoint: Position,
        /// Up to where ledger and log were compared.
        compared_up_to: Position,
    },
    /// Another edition of the read model is the current one: what was compared is of the one before.
    /// **Do:** audit again, from the first event.
    #[error("another edition took the place of the one that was audited")]
    OtherEdition,
    /// The read model holds more than the store does: the store was put back to an earlier time.
    /// **Do:** put the store's later events back, or delete the read model to have it rebuilt.
    #[error("the read model is at position {checkpoint}, ahead of the store at {head}")]
    AheadOfStore {
        /// Where the read model is.
        checkpoint: Position,
        /// The last position of the store.
        head: Position,
    },
}

/// Compares what a projection has handled with what the log holds for it, up to its checkpoint.
///
/// It reads page range by page range, so that memory is bounded however long the log is. The
/// projection may go on meanwhile; the audit does not run after it for ever, but ends with the range
/// in which the checkpoint was when it began. It writes nothing; dropping its future ends it.
///
/// # Errors
/// [`AuditError`] when it could not be finished. What it finds is no error: see
/// [`Audit::is_complete`].
pub async fn audit_projection(
    store: &dyn EventStore,
    projector: &dyn Projector,
    options: &AuditOptions,
) -> Result<Audit, AuditError> {
    let ledger = projector.ledger();
    let ledger = ledger.ok_or_else(|| AuditError::NoLedger(projector.name().to_owned()))?;
    let auditor = Auditor {
        store,
        query: projector.query(),
        options,
        audit: Audit::new(projector.name(), options),
    };
    auditor.run(ledger).await
}

/// An audit in progress.
struct Auditor<'a> {
    store: &'a dyn EventStore,
    query: Query,
    options: &'a AuditOptions,
    audit: Audit,
}

impl Auditor<'_> {
    async fn run(mut self, ledger: &dyn Ledger) -> Result<Audit, AuditError> {
        let (store, limit) = (self.store.id(), self.options.pages_at_once.get());
        let mut from_page = self.options.proven.pages;
        let mut last_page = None;
        loop {
            let view = ledger.checkpoint_and_pages(store, from_page, limit).await?;
            self.check_edition(view.edition)?;
            let last_page = *last_page.get_or_insert(LedgerPage::number_of(view.checkpoint));
            let is_all = view.pages.len() < limit;
            let last_shown = view.pages.last().filter(|_| !is_all);
            let next_page = last_shown.map(|page| page.number() + 1);
            self.compare(view, next_page).await?;
            match next_page {
                Some(next_page) if next_page <= last_page => from_page = next_page,
                _ => return Ok(self.audit),
            }
        }
    }

    /// All that is compared must be of one edition, also what was proven before.
    fn check_edition(&mut self, edition: EditionId) -> Result<(), AuditError> {
        let audited = self.audit.proven.edition.get_or_insert(edition);
        match *audited == edition {
            true => Ok(()),
            false => Err(AuditError::OtherEdition),
        }
    }

    /// Compares what a view shows of the ledger: the pages before `next_page`, or all that are left.
    async fn compare(
        &mut self,
        view: LedgerView,
        next_page: Option<u64>,
    ) -> Result<(), AuditError> {
        let checkpoint = view.checkpoint;
        let after = self.audit.compared_up_to;
        if checkpoint < after {
            return Err(AuditError::WentBack {
                checkpoint,
                compared_up_to: after,
            });
        }
        let end = next_page.map(|number| LedgerPage::empty(number).after());
        let up_to = end.map_or(checkpoint, |end| checkpoint.min(end));
        let query = &self.query;
        let mut log = Log::open(self.store, query, self.options.selection, after..up_to).await?;
        let mut pages = view.pages.into_iter().peekable();
        while let Some(number) = first(log.next_page(), pages.peek()) {
            let kept = pages.next_if(|page| page.number() == number);
            let handled = kept.unwrap_or_else(|| LedgerPage::empty(number));
            let page = PageComparison::of(handled, &mut log).await?;
            self.audit.take_in(&page, checkpoint);
            self.tell(page.last().min(up_to), checkpoint);
        }
        self.audit.compared(up_to);
        self.tell(up_to, checkpoint);
        Ok(())
    }

    fn tell(&self, compared_up_to: Position, checkpoint: Position) {
        if let Some(progress) = &self.options.progress {
            progress.send_replace(AuditProgress {
                compared_up_to,
                checkpoint,
            });
        }
    }
}

/// The number of the first page that the log or the ledger has something on.
fn first(in_log: Option<u64>, in_ledger: Option<&LedgerPage>) -> Option<u64> {
    let in_ledger = in_ledger.map(LedgerPage::number);
    in_log.into_iter().chain(in_ledger).min()
}
