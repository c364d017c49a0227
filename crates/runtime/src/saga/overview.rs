//! How the open instances of one saga are, all together: a bounded look at the read model.

use std::time::Duration;

use annals_core::{QueryError, Selection, Table, Timestamp};

use super::rows::SagaRow;

/// Most rows that are looked at in one way, those that have been so for longest.
const MOST: u32 = 1_000;

/// Most alarms that are told one by one.
const MOST_ALARMS: usize = 100;

/// How the open instances of one saga are, all together.
#[derive(Debug, Clone, PartialEq)]
pub struct SagaOverview {
    /// The name of the saga.
    pub saga: &'static str,
    /// When it was so.
    pub as_of: Timestamp,
    /// Those that go on by themselves.
    pub running: OpenInstances,
    /// Those that wait for a person.
    pub parked: OpenInstances,
    /// Those for which there is something to do now; the oldest is the one that has waited longest.
    pub due: OpenInstances,
    /// How many are stuck.
    pub stuck: u64,
    /// The stuck ones, a hundred at most: first those that are parked, of each kind the oldest first.
    pub alarms: Vec<SagaAlarm>,
    /// True if there are more than the thousand of each kind that were looked at, which are those that
    /// have been so for longest: each number is then one of at least so many.
    pub is_partial: bool,
}

/// Some instances, all together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenInstances {
    /// How many there are.
    pub count: u64,
    /// For how long the first of them has been so. `None`: there are none.
    pub oldest: Option<Duration>,
}

/// An instance that is stuck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SagaAlarm {
    /// Which one.
    pub instance: String,
    /// In which way.
    pub stuck: Stuck,
    /// The step it is at.
    pub step: Option<String>,
    /// What it is parked for.
    pub reason: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// In which way an instance is stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stuck {
    /// It waits for a person.
    Parked,
    /// It runs, and what has been due for long was not done.
    Overdue,
}

impl Stuck {
    /// `parked` or `overdue`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Overdue => "overdue",
        }
    }
}

impl SagaOverview {
    /// How the instances are now, of which those are stuck that are parked, or for which something has
    /// been due for longer than `stuck_after`.
    pub(super) async fn look(
        saga: &'static str,
        rows: &Table<SagaRow>,
        as_of: Timestamp,
        stuck_after: Duration,
    ) -> Result<Self, QueryError> {
        let mut overview = Self::nothing(saga, as_of);
        let of_saga = || Selection::new().equal("saga", &saga.to_owned());
        let in_status = |status: &str| {
            let in_status = of_saga().equal("status", &status.to_owned());
            in_status.by("since", &Timestamp::MIN)
        };
        let until_now = of_saga().within("due", ..=Some(as_of));

        let (parked, is_all) = read(rows, in_status("parked")).await?;
        overview.is_partial |= !is_all;
        parked.iter().for_each(|row| overview.take_parked(row));

        let (due, is_all) = read(rows, until_now.by("due", &Timestamp::MIN)).await?;
        overview.is_partial |= !is_all;
        for row in &due {
            overview.take_due(row, stuck_after);
        }

        let (running, is_all) = read(rows, in_status("running")).await?;
        overview.is_partial |= !is_all;
        for row in &running {
            overview.running.take(age(as_of, row.since));
        }
        Ok(overview)
    }

    fn nothing(saga: &'static str, as_of: Timestamp) -> Self {
        Self {
            saga,
            as_of,
            running: OpenInstances::default(),
            parked: OpenInstances::default(),
            due: OpenInstances::default(),
            stuck: 0,
            alarms: Vec::new(),
            is_partial: false,
        }
    }

    fn take_parked(&mut self, row: &SagaRow) {
        self.parked.take(age(self.as_of, row.since));
        self.raise(row, Stuck::Parked, row.since);
    }

    fn take_due(&mut self, row: &SagaRow, stuck_after: Duration) {
        let Some(due) = row.due else {
            return;
        };
        self.due.take(age(self.as_of, due));
        // What was done lately goes on, however late it is.
        let waits_since = due.max(row.changed_at);
        if row.status == "running" && age(self.as_of, waits_since) > stuck_after {
            self.raise(row, Stuck::Overdue, waits_since);
        }
    }

    fn raise(&mut self, row: &SagaRow, stuck: Stuck, since: Timestamp) {
        self.stuck += 1;
        if self.alarms.len() == MOST_ALARMS {
            return;
        }
        self.alarms.push(SagaAlarm {
            instance: row.instance.clone(),
            stuck,
            step: row.step.clone(),
            reason: row.reason.clone(),
            since,
        });
    }
}

impl OpenInstances {
    fn take(&mut self, age: Duration) {
        self.count += 1;
        self.oldest = self.oldest.max(Some(age));
    }
}

/// The first rows of a selection, and whether that is all of them.
async fn read(
    table: &Table<SagaRow>,
    selection: Selection<SagaRow>,
) -> Result<(Vec<SagaRow>, bool), QueryError> {
    let mut rows = table.list(selection.limit(MOST + 1)).await?;
    let is_all = rows.len() <= MOST as usize;
    rows.truncate(MOST as usize);
    Ok((rows, is_all))
}

/// For how long something has been so. The clocks of two machines may differ: nothing is later than
/// now.
pub(super) fn age(now: Timestamp, since: Timestamp) -> Duration {
    now.duration_since(since).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests;
