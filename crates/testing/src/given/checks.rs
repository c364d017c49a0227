//! The ways by which a projection must come to the same rows.

use std::fmt::Display;

use annals_core::{IdSource, ProjectionBatch, ProjectionError, RandomIds};

use super::batchings::{self, Sizes};
use super::difference::difference_of_pairs;
use super::interleavings;
use super::projection::{GivenEvents, batch, in_new_process};
use super::tables::Tables;
use crate::conformance::Random;

impl GivenEvents {
    /// Expects the same rows however the events are cut into batches: in every way for up to ten
    /// events; for more, in batches of each size, and in two everywhere.
    ///
    /// It shows what a projection leaves to the end of a batch, such as two rows that have a unique
    /// value in common meanwhile; unique are here the indexes on columns without a condition.
    ///
    /// # Panics
    /// When there are other rows, or an event cannot be applied; the message tells how it was cut.
    #[track_caller]
    pub fn under_every_batching(self) -> Self {
        for sizes in batchings::all(self.log.len()) {
            let rows = in_new_process(|| {
                let mut batches = self.batches(&sizes).into_iter();
                batches.try_fold(Tables::default(), |tables, batch| {
                    tables.after(&self.fold, &batch)
                })
            });
            self.expect_same(rows, format!("in batches of {sizes:?} events"));
        }
        self
    }

    /// Expects the same rows when the process is another one from some event on, for each event, and
    /// when it is another one for each event.
    ///
    /// It shows what a projection keeps elsewhere than in its rows. A new process is a thread here: what
    /// is kept for all threads shows only if it makes a difference to begin again from the first
    /// event.
    ///
    /// # Panics
    /// When there are other rows, or an event cannot be applied; the message tells between which events
    /// the process was restarted.
    #[track_caller]
    pub fn with_restarts_at_every_step(self) -> Self {
        let events = self.log.len();
        for sizes in batchings::in_two(events).chain([batchings::single(events)]) {
            let mut batches = self.batches(&sizes).into_iter();
            let rows = batches.try_fold(Tables::default(), |tables, batch| {
                in_new_process(|| tables.after(&self.fold, &batch))
            });
            self.expect_same(rows, format!("with restarts between {sizes:?} events"));
        }
        self
    }

    /// Expects the same rows when each event is tried, not written, and tried again by the same
    /// process; and that it is refused when it is delivered again once it is written.
    ///
    /// It shows what a projection remembers of events, such as a count of its own.
    ///
    /// # Panics
    /// When there are other rows, or an event cannot be applied.
    #[track_caller]
    pub fn with_repeats(self) -> Self {
        let rows = in_new_process(|| {
            let sizes = batchings::single(self.log.len());
            let mut batches = self.batches(&sizes).into_iter();
            batches.try_fold(Tables::default(), |tables, batch| {
                let _not_committed = tables.after(&self.fold, &batch)?;
                let written = tables.after(&self.fold, &batch)?;
                let again = written.after(&self.fold, &batch);
                assert!(again.is_err(), "a batch behind the checkpoint is refused");
                Ok(written)
            })
        });
        self.expect_same(rows, "when each event comes again");
        self
    }

    /// Expects the same rows in whatever order the events come, as long as those of each stream are in
    /// order: in up to 500 orders, which are chosen at random if there are more.
    ///
    /// Whoever calls it says that the projection does not depend on the order across streams. Of an
    /// event all but its position stays, so rows that tell positions do depend on it.
    ///
    /// # Panics
    /// When there are other rows, or an event cannot be applied; the message tells the order, and the
    /// seed for [`reordered_by`](Self::reordered_by).
    #[track_caller]
    pub fn reordered_across_streams(self) -> Self {
        let (_, seed) = RandomIds.next().as_u64_pair();
        self.reordered_by(seed)
    }

    /// Does [`reordered_across_streams`](Self::reordered_across_streams) again, by the seed that it told.
    ///
    /// # Panics
    /// As that does.
    #[track_caller]
    pub fn reordered_by(self, seed: u64) -> Self {
        let mut random = Random::seeded(seed);
        let orders = interleavings::all(&self.log).unwrap_or_else(|| {
            let orders = 0..interleavings::MOST;
            orders
                .map(|_| interleavings::one(&self.log, &mut random))
                .collect()
        });
        for log in orders {
            let rows =
                in_new_process(|| Tables::default().after(&self.fold, &batch(&self.fold, &log)));
            let streams: Vec<_> = log.iter().map(|event| event.stream.to_string()).collect();
            let order = streams.join(", ");
            self.expect_same(rows, format!("in the order {order} (seed {seed})"));
        }
        self
    }

    fn batches(&self, sizes: &Sizes) -> Vec<ProjectionBatch> {
        let mut left = &self.log[..];
        let mut batch_of = |&size: &usize| {
            let (events, behind) = left.split_at(size);
            left = behind;
            batch(&self.fold, events)
        };
        sizes.iter().map(&mut batch_of).collect()
    }

    #[track_caller]
    fn expect_same(&self, found: Result<Tables, ProjectionError>, how: impl Display) {
        match found {
            Ok(tables) if tables.has_rows_of(&self.rows) => {}
            Ok(tables) => {
                let difference = difference_of_pairs(self.rows.beside(&tables));
                panic!("other rows {how}\n{difference}")
            }
            Err(error) => panic!("{error}, {how}"),
        }
    }
}
