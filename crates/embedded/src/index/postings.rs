//! Posting lists, and walking several of them at once in either direction.

use std::ops::RangeInclusive;

use annals_core::{Direction, Position};

/// The positions of one term's events, ascending.
#[derive(Default)]
pub(super) struct Postings(Vec<Position>);

impl Postings {
    pub(super) fn push(&mut self, position: Position) {
        // An event that carries a tag twice is posted once.
        if self.0.last() != Some(&position) {
            self.0.push(position);
        }
    }

    pub(super) fn truncate(&mut self, last: Position) {
        let kept = self.0.partition_point(|position| *position <= last);
        self.0.truncate(kept);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn count_up_to(&self, up_to: Position) -> u64 {
        self.0.partition_point(|position| *position <= up_to) as u64
    }

    /// Entries by their number, from 1.
    pub(super) fn slice(&self, numbers: RangeInclusive<u64>) -> &[Position] {
        let place = |number: u64| {
            usize::try_from(number)
                .unwrap_or(usize::MAX)
                .min(self.0.len())
        };
        let from = place(numbers.start().saturating_sub(1));
        let to = place(*numbers.end());
        self.0.get(from..to).unwrap_or(&[])
    }
}

/// A union of posting lists.
pub(super) struct Group<'a> {
    lists: Vec<&'a [Position]>,
    direction: Direction,
}

impl<'a> Group<'a> {
    pub(super) fn any_of(lists: impl Iterator<Item = &'a Postings>, direction: Direction) -> Self {
        let lists = lists.map(|postings| postings.0.as_slice()).collect();
        Self { lists, direction }
    }

    /// The nearest entry at or beyond `from`, in the direction of the walk. What lies before
    /// `from` is dropped: the walk never turns back.
    fn seek(&mut self, from: Position) -> Option<Position> {
        let lists = self.lists.iter_mut();
        match self.direction {
            Direction::Forwards => lists.filter_map(|list| first_from(list, from)).min(),
            Direction::Backwards => lists.filter_map(|list| last_up_to(list, from)).max(),
        }
    }
}

/// Gallops: entries that are wanted next are usually near.
fn first_from(list: &mut &[Position], from: Position) -> Option<Position> {
    let mut step = 1;
    while list.get(step).is_some_and(|position| *position < from) {
        step *= 2;
    }
    let near = &list[..list.len().min(step + 1)];
    let passed = near.partition_point(|position| *position < from);
    *list = &list[passed..];
    list.first().copied()
}

fn last_up_to(list: &mut &[Position], up_to: Position) -> Option<Position> {
    let kept = list.partition_point(|position| *position <= up_to);
    *list = &list[..kept];
    list.last().copied()
}

/// A walk through a range of positions.
pub(super) struct Cursor {
    /// The next position to consider; `None` when the range is used up.
    next: Option<Position>,
    /// The last position of the range, in the direction of the walk.
    end: Position,
    direction: Direction,
}

impl Cursor {
    pub(super) fn new(range: RangeInclusive<u64>, direction: Direction) -> Self {
        let (low, high) = (Position(*range.start()), Position(*range.end()));
        let (begin, end) = match direction {
            Direction::Forwards => (low, high),
            Direction::Backwards => (high, low),
        };
        let next = (low <= high && high > Position::START).then_some(begin);
        Self {
            next,
            end,
            direction,
        }
    }

    /// The nearest position that is in all groups.
    pub(super) fn seek(&self, groups: &mut [Group<'_>]) -> Option<Position> {
        let mut candidate = self.next?;
        loop {
            let before = candidate;
            for group in &mut *groups {
                candidate = group.seek(candidate)?;
            }
            if candidate == before {
                return self.holds(candidate).then_some(candidate);
            }
        }
    }

    /// The first of several positions, in the direction of the walk.
    pub(super) fn nearest(&self, positions: impl Iterator<Item = Position>) -> Option<Position> {
        match self.direction {
            Direction::Forwards => positions.min(),
            Direction::Backwards => positions.max(),
        }
    }

    /// Goes on behind a position.
    pub(super) fn pass(&mut self, position: Position) {
        self.next = match self.direction {
            _ if position == self.end => None,
            Direction::Forwards => Some(position.next()),
            Direction::Backwards => Some(Position(position.0 - 1)),
        };
    }

    fn holds(&self, position: Position) -> bool {
        match self.direction {
            Direction::Forwards => position <= self.end,
            Direction::Backwards => position >= self.end,
        }
    }
}
