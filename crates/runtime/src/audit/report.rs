//! What an audit tells: up to where a projection is complete, or what is wrong with it.

use std::num::NonZeroUsize;

use annals_core::{EditionId, LedgerDigest, LedgerPage, PAGE_POSITIONS, Position};

use super::AuditOptions;
use super::comparison::PageComparison;

/// What a projection has handled, compared with what the log holds for it.
///
/// It displays as a line such as `complete up to 12,345 (8,200 events)` or
/// `position 77 was not handled`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The name of the projection.
    pub projection: String,
    /// Up to here every event it wants was handled, once, and nothing else was.
    pub complete_up_to: Position,
    /// Up to here ledger and log were compared: up to the checkpoint, or to the end of a page that
    /// it has left behind meanwhile.
    pub compared_up_to: Position,
    /// How many times an event was handled up to there, repeats included.
    pub handled: u64,
    /// Of all that was handled up to there. Two read models of the same events have the same one.
    pub digest: LedgerDigest,
    /// Positions of events that it wants and has not handled.
    pub missing: Findings<Position>,
    /// Positions that it handled and that hold nothing for it.
    pub foreign: Findings<Position>,
    /// Positions that it handled more than once.
    pub repeated: Findings<Position>,
    /// Pages on which another event was handled than the log holds at its position. Which one it
    /// was, the ledger does not tell.
    pub altered: Findings<PageSpan>,
    /// What a later audit need not look at again.
    pub proven: Proven,
    /// The first position something was found at.
    first_finding: Option<Position>,
}

/// What was found: how much, and the first of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings<T> {
    /// How many there are.
    pub total: u64,
    /// The first of them, ascending.
    pub first: Vec<T>,
    most_named: NonZeroUsize,
}

/// The positions of a page, of which one is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSpan {
    /// Its first position.
    pub first: Position,
    /// Its last position.
    pub last: Position,
}

/// The first pages of a ledger, on which nothing was found and which the checkpoint has left behind.
///
/// It holds of one edition of the read model, for as long as that is not made again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proven {
    /// Of which edition. `None`: of none, nothing is proven.
    pub edition: Option<EditionId>,
    /// How many pages.
    pub pages: u64,
    /// How many events were handled on them.
    pub handled: u64,
    /// The digest of those.
    pub digest: LedgerDigest,
}

impl Audit {
    pub(super) fn new(projection: &str, options: &AuditOptions) -> Self {
        let proven = options.proven;
        let begin = LedgerPage::empty(proven.pages).after();
        Self {
            projection: projection.to_owned(),
            complete_up_to: begin,
            compared_up_to: begin,
            handled: proven.handled,
            digest: proven.digest,
            missing: Findings::none(options.most_named),
            foreign: Findings::none(options.most_named),
            repeated: Findings::none(options.most_named),
            altered: Findings::none(options.most_named),
            proven,
            first_finding: None,
        }
    }

    /// True if every event up to [`compared_up_to`](Self::compared_up_to) was handled, once, and
    /// nothing else was.
    pub fn is_complete(&self) -> bool {
        self.first_finding.is_none()
    }

    /// Takes in a page; those before it were taken in.
    pub(super) fn take_in(&mut self, page: &PageComparison, checkpoint: Position) {
        self.handled += page.handled.times();
        self.digest = self.digest + page.handled.digest();
        self.find(page);
        if self.is_complete() && page.last() <= checkpoint {
            self.proven.handled = self.handled;
            self.proven.digest = self.digest;
        }
    }

    fn find(&mut self, page: &PageComparison) {
        let altered = page.has_another().then(|| PageSpan {
            first: page.handled.after().next(),
            last: page.last(),
        });
        let found = [
            self.missing.extend(page.missing()),
            self.foreign.extend(page.foreign()),
            self.repeated.extend(page.handled.repeated()),
            self.altered.extend(altered).map(|span| span.first),
        ];
        let first = found.into_iter().flatten().min();
        self.first_finding = self.first_finding.or(first);
    }

    /// Everything up to `position` was taken in.
    pub(super) fn compared(&mut self, position: Position) {
        self.compared_up_to = position;
        self.complete_up_to = match self.first_finding {
            Some(first) => Position(first.0 - 1).min(position),
            None => position,
        };
        self.proven.pages = self.complete_up_to.0 / PAGE_POSITIONS;
    }
}

impl<T: Copy> Findings<T> {
    fn none(most_named: NonZeroUsize) -> Self {
        Self {
            total: 0,
            first: Vec::new(),
            most_named,
        }
    }

    /// Adds what was found, ascending. Answers with the first of it.
    fn extend(&mut self, found: impl IntoIterator<Item = T>) -> Option<T> {
        let mut first = None;
        for one in found {
            first = first.or(Some(one));
            self.total += 1;
            if self.first.len() < self.most_named.get() {
                self.first.push(one);
            }
        }
        first
    }
}
