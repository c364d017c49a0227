//! Going through the instances that are due, oldest first, a page at a time.
//!
//! One that stays due, such as one that cannot go on, is met once in each sweep, and keeps those behind
//! it waiting no longer than that.

use std::collections::VecDeque;

use annals_core::{InstanceId, QueryError, ReadModel, Selection, Table, Timestamp};

use super::rows::SagaRow;

/// Most rows that are read together.
const PAGE: u32 = 128;

/// How far a sweep is. When it is over, the next one begins at the oldest again.
pub(super) struct Sweep {
    rows: Table<SagaRow>,
    saga: &'static str,
    page: VecDeque<SagaRow>,
    /// The last row of the last page, unless a sweep is still to begin.
    last: Option<SagaRow>,
    /// When the first is due that was not when the last sweep came to it.
    next_due: Option<Timestamp>,
}

impl Sweep {
    /// Over the instances of a saga.
    pub(super) fn of(saga: &'static str, rows: Table<SagaRow>) -> Self {
        Self {
            rows,
            saga,
            page: VecDeque::new(),
            last: None,
            next_due: None,
        }
    }

    /// The next instance that is due now. `None`: the sweep is over.
    pub(super) async fn next(&mut self, now: Timestamp) -> Result<Option<InstanceId>, QueryError> {
        loop {
            let Some(row) = self.next_row().await? else {
                return Ok(self.end(None));
            };
            match row.due {
                Some(due) if due > now => return Ok(self.end(Some(due))),
                // A name that is none was never that of an instance.
                _ => {
                    if let Ok(instance) = InstanceId::new(&row.instance) {
                        return Ok(Some(instance));
                    }
                }
            }
        }
    }

    /// True until it is over.
    pub(super) fn is_under_way(&self) -> bool {
        self.last.is_some()
    }

    /// When there is something to do that the last sweep found and that was not due then. `None` while
    /// one is under way, too: it finds it.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.next_due.filter(|_| !self.is_under_way())
    }

    fn end(&mut self, next_due: Option<Timestamp>) -> Option<InstanceId> {
        self.page.clear();
        self.last = None;
        self.next_due = next_due;
        None
    }

    async fn next_row(&mut self) -> Result<Option<SagaRow>, QueryError> {
        if self.page.is_empty() {
            self.page = self.read().await?.into();
            let last = self.page.back().cloned();
            self.last = last.or(self.last.take());
        }
        Ok(self.page.pop_front())
    }

    async fn read(&self) -> Result<Vec<SagaRow>, QueryError> {
        let of_saga = Selection::new().equal("saga", &self.saga.to_owned());
        let page = of_saga.limit(PAGE);
        let page = match &self.last {
            None => page.by("due", &Timestamp::MIN),
            Some(last) => page.by("due", &last.due).after(&last.key()),
        };
        self.rows.list(page).await
    }
}
