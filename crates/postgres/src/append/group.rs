//! Which appends can travel together: those of which none depends on how another turns out.

use std::collections::{HashMap, HashSet, VecDeque};

use annals_core::{Append, AppendId, EventId, ExpectedVersion, StreamId};
use tokio::time::Instant;

use super::Request;

#[cfg(test)]
mod tests;

/// A group takes no more appends once it has so many, or so many events or bytes.
const APPENDS: usize = 512;
const EVENTS: usize = 4_000;
const BYTES: usize = 4 * 1024 * 1024;

/// How many waiting appends are looked at for one group: those behind them wait for the next.
const LOOKED_AT: usize = 2 * APPENDS;

/// Appends that travel together.
#[derive(Default)]
pub(super) struct Group {
    pub(super) requests: Vec<Request>,
    /// For each, whether it expects what an earlier one changes, and so cannot be taken beside it.
    pub(super) follows: Vec<bool>,
    streams: HashMap<StreamId, Use>,
    appends: HashSet<AppendId>,
    ids: HashSet<EventId>,
    bytes: usize,
}

/// How a group uses a stream.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    /// By appends that are taken whatever its version is.
    Any,
    /// By one append that writes to nothing else, if it is at this version.
    Led(ExpectedVersion),
    /// By an append of which nobody can tell what becomes of it.
    Closed,
}

/// What a group says to an append.
#[derive(Debug, PartialEq)]
enum Admission {
    Joins,
    Follows,
    Waits,
}

impl Group {
    /// Takes what can travel together, oldest first. What cannot stays, in its order.
    pub(super) fn take(waiting: &mut VecDeque<Request>) -> Self {
        let mut group = Self::default();
        let mut staying = VecDeque::new();
        for _ in 0..waiting.len().min(LOOKED_AT) {
            if group.is_full() {
                break;
            }
            let request = waiting.pop_front().expect("the length was looked at");
            match group.admission(&request.append) {
                Admission::Waits => staying.push_back(request),
                admission => group.add(request, admission == Admission::Follows),
            }
        }
        while let Some(request) = staying.pop_back() {
            waiting.push_front(request);
        }
        group
    }

    /// An append that travels alone.
    pub(super) fn of(request: Request) -> Self {
        Self::again([request])
    }

    /// Some of those that travelled together, in the same order: then none of them has to wait for
    /// another.
    pub(super) fn again(requests: impl IntoIterator<Item = Request>) -> Self {
        let mut group = Self::default();
        for request in requests {
            let follows = group.admission(&request.append) == Admission::Follows;
            group.add(request, follows);
        }
        group
    }

    /// All appends, in order.
    pub(super) fn appends(&self) -> impl Iterator<Item = &Append> {
        self.requests.iter().map(|request| &request.append)
    }

    /// Until when it can be sent: then the first of its callers wants to be answered.
    pub(super) fn until(&self) -> Instant {
        let until = self.requests.iter().map(|request| request.until);
        until.min().expect("a group is not empty")
    }

    fn is_full(&self) -> bool {
        self.appends.len() >= APPENDS || self.ids.len() >= EVENTS || self.bytes >= BYTES
    }

    fn admission(&self, append: &Append) -> Admission {
        let repeated = self.appends.contains(&append.id)
            || append.events().any(|event| self.ids.contains(&event.id));
        if repeated || self.may_fail_condition(append) {
            return Admission::Waits;
        }
        let used: Vec<Use> = append
            .writes
            .iter()
            .filter_map(|write| self.streams.get(&write.stream).copied())
            .collect();
        let own = usage(append);
        match used.as_slice() {
            [] => Admission::Joins,
            used if own == Use::Any && used.iter().all(|used| *used == Use::Any) => {
                Admission::Joins
            }
            [led] if own != Use::Closed && *led == own => Admission::Follows,
            _ => Admission::Waits,
        }
    }

    /// True if an append has a condition that an event of this group would break.
    fn may_fail_condition(&self, append: &Append) -> bool {
        let Some(condition) = &append.condition else {
            return false;
        };
        let mut writes = self.appends().flat_map(|append| &append.writes);
        writes.any(|write| {
            let mut events = write.events.iter();
            events.any(|event| {
                let query = &condition.query;
                query.matches(&write.stream, &event.event_type, &event.tags)
            })
        })
    }

    fn add(&mut self, request: Request, follows: bool) {
        let append = &request.append;
        let own = usage(append);
        self.appends.insert(append.id);
        for write in &append.writes {
            self.streams.insert(write.stream.clone(), own);
        }
        for event in append.events() {
            self.ids.insert(event.id);
        }
        self.bytes += request.bytes;
        self.requests.push(request);
        self.follows.push(follows);
    }
}

/// How an append uses its streams.
fn usage(append: &Append) -> Use {
    if append.condition.is_some() {
        return Use::Closed;
    }
    match append.writes.as_slice() {
        writes
            if writes
                .iter()
                .all(|write| write.expected == ExpectedVersion::Any) =>
        {
            Use::Any
        }
        [write] if write.expected != ExpectedVersion::Exists => Use::Led(write.expected),
        _ => Use::Closed,
    }
}
