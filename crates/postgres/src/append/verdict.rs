//! What comes back: a verdict on each append of a group.

use std::collections::HashMap;

use annals_core::{
    Append, AppendError, Appended, ExpectedVersion, Position, StreamId, StreamVersion, StreamWrite,
};
use jiff::Timestamp;
use tokio_postgres::Row;

use super::group::Group;

/// What the database says to a group.
pub(super) struct Answer {
    /// None of them: all are taken.
    verdicts: Option<Vec<i16>>,
    positions: Vec<i64>,
    versions: Vec<i64>,
    head: u64,
    pub(super) server_time: Timestamp,
}

/// What becomes of one append.
pub(super) enum Verdict {
    Known(Result<Appended, AppendError>),
    /// Streams are not as it expects.
    Conflicts(Conflicts),
    /// It repeats what was recorded as the event at this position, or says it does.
    Repeats(Position),
}

/// The conflicts of an append, in the order of its writes.
pub(super) struct Conflicts(Vec<AppendError>);

impl Answer {
    pub(super) fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let positions: Option<Vec<i64>> = row.try_get(1)?;
        let head: i64 = row.try_get(3)?;
        Ok(Self {
            verdicts: row.try_get(0)?,
            positions: positions.unwrap_or_default(),
            versions: row.try_get(2)?,
            head: head.unsigned_abs(),
            server_time: row.try_get(4)?,
        })
    }

    /// The positions of the last event before the group, and of the last one after it.
    pub(super) fn recorded(&self, group: &Group) -> (Position, Position) {
        let (_, last) = self.verdicts(group);
        (Position(self.head), last)
    }

    /// The verdict on each append, and the position of the last event recorded.
    pub(super) fn verdicts(&self, group: &Group) -> (Vec<Verdict>, Position) {
        let mut last = self.head;
        // How many events of this group each stream got so far.
        let mut taken: HashMap<&StreamId, u64> = HashMap::new();
        let mut writes = self.versions.iter().map(|version| version.unsigned_abs());
        let mut verdicts = Vec::with_capacity(group.requests.len());
        for (nth, append) in group.appends().enumerate() {
            let before: Vec<u64> = writes.by_ref().take(append.writes.len()).collect();
            let position = self
                .positions
                .get(nth)
                .map(|at| Position(at.unsigned_abs()));
            let verdict = self.verdicts.as_ref().map_or(0, |verdicts| verdicts[nth]);
            verdicts.push(match (verdict, position) {
                (1, Some(position)) => Verdict::Repeats(position),
                (3, Some(position)) => {
                    Verdict::Known(Err(AppendError::ConditionFailed { position }))
                }
                (2, _) => Verdict::Conflicts(conflicts(append, &before, &taken)),
                _ => Verdict::Known(Ok(take(append, &before, &mut taken, &mut last))),
            });
        }
        (verdicts, Position(last))
    }
}

fn take<'a>(
    append: &'a Append,
    before: &[u64],
    taken: &mut HashMap<&'a StreamId, u64>,
    last: &mut u64,
) -> Appended {
    let first = Position(*last + 1);
    let mut versions = Vec::with_capacity(append.writes.len());
    for (write, before) in append.writes.iter().zip(before) {
        let events = write.events.len() as u64;
        let so_far = taken.entry(&write.stream).or_default();
        *so_far += events;
        *last += events;
        versions.push((write.stream.clone(), StreamVersion(before + *so_far)));
    }
    Appended {
        id: append.id,
        first,
        last: Position(*last),
        versions,
    }
}

/// The writes that do not find what they expect.
fn conflicts(append: &Append, before: &[u64], taken: &HashMap<&StreamId, u64>) -> Conflicts {
    let conflict = |(write, before): (&StreamWrite, &u64)| {
        let actual = StreamVersion(before + taken.get(&write.stream).unwrap_or(&0));
        (!write.expected.holds_at(actual)).then(|| AppendError::Conflict {
            stream: write.stream.clone(),
            expected: write.expected,
            actual,
        })
    };
    let conflicts = append.writes.iter().zip(before).filter_map(conflict);
    Conflicts(conflicts.collect())
}

impl Conflicts {
    pub(super) fn first(self) -> AppendError {
        let first = self.0.into_iter().next();
        first.unwrap_or_else(|| AppendError::Unavailable {
            reason: "the database refused an append whose streams are as expected".to_owned(),
        })
    }

    /// The first that is the last word, even while a statement is on its way whose answer was
    /// lost.
    pub(super) fn lasting(self) -> Option<AppendError> {
        self.0.into_iter().find(|conflict| !may_pass(conflict))
    }
}

/// True for a conflict that others may end: by bringing the stream to where it is expected.
fn may_pass(conflict: &AppendError) -> bool {
    let AppendError::Conflict {
        expected, actual, ..
    } = conflict
    else {
        return false;
    };
    match expected {
        ExpectedVersion::Exists => true,
        ExpectedVersion::At(version) => actual < version,
        ExpectedVersion::Any | ExpectedVersion::NoStream => false,
    }
}
