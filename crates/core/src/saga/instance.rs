//! One run of a saga: what it has decided, and what of that is still open.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::position::Position;

use super::{Answer, Asked, Call, Decision, Input, Saga};

/// One run of a saga, as it is recorded with each input it took in.
///
/// It is plain data: what is recorded last is all there is to know. So its definition may change
/// while it runs, and nothing has to be decided again to find out where it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// The definition it runs under.
    pub definition: u32,
    /// Where the event is that started it. What is before that was not for it.
    pub since: Position,
    /// What the saga remembers.
    pub state: Value,
    /// How it is.
    pub status: SagaStatus,
    /// Commands that are not answered, by the names of their calls.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calls: BTreeMap<String, OpenCall>,
    /// Calls that were given up, by name: nobody knows whether they were carried out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, OpenCall>,
    /// Timers that are not due yet, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timers: BTreeMap<String, OpenTimer>,
    /// How many calls were made and timers set so far: each has a number of its own.
    pub numbered: u64,
}

/// How an instance is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SagaStatus {
    /// It goes on by itself.
    #[default]
    Running,
    /// It waits for a person.
    Parked {
        /// What for.
        reason: String,
    },
    /// It is over.
    Ended(Ending),
}

/// How an instance ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// All was done.
    Completed,
    /// What was done is undone.
    Compensated {
        /// Why.
        reason: Value,
    },
    /// A person ended it, as it was.
    Cancelled {
        /// Why.
        reason: String,
    },
}

/// A command that is not answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenCall {
    /// Which it is of all calls of the instance: its idempotency key is made of it.
    pub number: u64,
    /// What is asked.
    pub call: Call,
    /// Which attempt is the next, from 1.
    pub attempt: u32,
    /// How often it has failed since it was made last.
    pub failed: u32,
    /// Not to be tried before.
    pub not_before: Timestamp,
}

/// A timer that is not due yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenTimer {
    /// Which it is of all timers of the instance.
    pub number: u64,
    /// When it is due.
    pub due: Timestamp,
    /// How far apart its times are. `None`: it comes once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,
}

impl SagaStatus {
    /// `running`, `parked`, or the [name](Ending::name) of how it ended.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Parked { .. } => "parked",
            Self::Ended(ending) => ending.name(),
        }
    }

    /// What it is parked, was undone or cancelled for.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Running | Self::Ended(Ending::Completed) => None,
            Self::Parked { reason } | Self::Ended(Ending::Cancelled { reason }) => {
                Some(reason.clone())
            }
            Self::Ended(Ending::Compensated { reason }) => Some(reason.to_string()),
        }
    }
}

impl Ending {
    /// `completed`, `compensated` or `cancelled`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Compensated { .. } => "compensated",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

impl Instance {
    /// One that has not taken anything in, not even the event at this position, which starts it.
    pub fn begin<S: Saga>(since: Position) -> Self {
        Self {
            definition: S::VERSION,
            since,
            state: serde_json::to_value(S::default()).expect("the state of a saga has a JSON form"),
            ..Self::default()
        }
    }

    /// The same, under a later definition, if that takes it over.
    #[must_use]
    pub fn migrated<S: Saga>(mut self) -> Self {
        if self.definition < S::VERSION
            && let Some(state) = S::migrate(self.definition, &self.state)
        {
            self.definition = S::VERSION;
            self.state = state;
        }
        self
    }

    /// Takes an input in, and what the saga decides on it. One that is over takes nothing in.
    ///
    /// # Errors
    /// When the state cannot be read: it was written by another definition.
    pub fn take_in<S: Saga>(
        &mut self,
        input: &Input<S::Event>,
        now: Timestamp,
    ) -> Result<Vec<Decision>, serde_json::Error> {
        if self.has_ended() {
            return Ok(Vec::new());
        }
        let mut decisions = match input {
            Input::Asked(Asked::Cancel { reason }) => vec![Decision::cancelled(reason)],
            input => self.react::<S>(input)?,
        };
        let is_end = |decision: &Decision| matches!(decision, Decision::End(_));
        if let Some(end) = decisions.iter().position(is_end) {
            decisions.truncate(end + 1);
        }
        self.settle(input, now);
        for decision in &decisions {
            self.apply(decision, now);
        }
        Ok(decisions)
    }

    /// An attempt of a call failed, and the next is not to be made before a time.
    pub fn postpone(&mut self, call: &str, not_before: Timestamp) {
        if let Some(open) = self.calls.get_mut(call) {
            open.attempt += 1;
            open.failed += 1;
            open.not_before = not_before;
        }
    }

    /// True if it is over.
    pub fn has_ended(&self) -> bool {
        matches!(self.status, SagaStatus::Ended(_))
    }

    /// When there is something to do for it next. `None`: not before it is told of something.
    pub fn due(&self) -> Option<Timestamp> {
        let calls = self.calls.values().map(|call| call.not_before);
        calls
            .chain(self.timers.values().map(|timer| timer.due))
            .min()
    }

    fn react<S: Saga>(
        &mut self,
        input: &Input<S::Event>,
    ) -> Result<Vec<Decision>, serde_json::Error> {
        let mut saga = S::deserialize(&self.state)?;
        let decisions = saga.react(input);
        self.state = serde_json::to_value(&saga)?;
        Ok(decisions)
    }

    /// What an input answers is not open any more.
    fn settle<E>(&mut self, input: &Input<E>, now: Timestamp) {
        match input {
            Input::Answer { call, answer } => {
                let open = self.calls.remove(call);
                if let (Some(open), Answer::GaveUp { .. }) = (open, answer) {
                    self.unknown.insert(call.clone(), open);
                }
            }
            Input::Timer { name } => self.settle_timer(name, now),
            Input::Event(_) | Input::Asked(_) => {}
        }
    }

    /// One that comes again is due at the next of its times that has not passed.
    fn settle_timer(&mut self, name: &str, now: Timestamp) {
        let timer = self.timers.remove(name);
        let Some((due, every)) = timer.and_then(|timer| Some((timer.due, timer.every?))) else {
            return;
        };
        let late = u128::try_from(now.duration_since(due).as_nanos()).unwrap_or(0);
        let missed = u32::try_from(late / every.as_nanos()).unwrap_or(u32::MAX);
        let ahead = every.saturating_mul(missed.saturating_add(1));
        let next = due.saturating_add(ahead).unwrap_or(Timestamp::MAX);
        self.set_timer(name, next, Some(every));
    }

    fn set_timer(&mut self, name: &str, due: Timestamp, every: Option<Duration>) {
        let number = self.next_number();
        let timer = OpenTimer { number, due, every };
        self.timers.insert(name.to_owned(), timer);
    }

    fn apply(&mut self, decision: &Decision, now: Timestamp) {
        match decision {
            Decision::Call(call) => {
                let open = self.open(call, now);
                self.calls.insert(call.name.clone(), open);
            }
            Decision::SetTimer { name, schedule } => {
                self.set_timer(name, schedule.first(now), schedule.every());
            }
            Decision::CancelTimer { name } => drop(self.timers.remove(name)),
            Decision::Park { reason } => {
                let reason = reason.clone();
                self.status = SagaStatus::Parked { reason };
            }
            Decision::Resume => self.status = SagaStatus::Running,
            Decision::End(ending) => {
                self.status = SagaStatus::Ended(ending.clone());
                self.calls.clear();
                self.timers.clear();
            }
        }
    }

    /// A call that is made now; one that was given up keeps its number.
    fn open(&mut self, call: &Call, now: Timestamp) -> OpenCall {
        let given_up = self.unknown.remove(&call.name);
        let given_up = given_up.filter(|before| before.call.request == call.request);
        let (number, attempt) = match given_up {
            Some(before) => (before.number, before.attempt + 1),
            None => (self.next_number(), 1),
        };
        OpenCall {
            number,
            call: call.clone(),
            attempt,
            failed: 0,
            not_before: now,
        }
    }

    fn next_number(&mut self) -> u64 {
        self.numbered += 1;
        self.numbered
    }
}

impl OpenCall {
    /// True if this attempt of this call is the next.
    pub(super) fn is_at(&self, number: u64, attempt: u32) -> bool {
        (self.number, self.attempt) == (number, attempt)
    }

    /// How long to wait once this attempt has failed, by chance (from 0 to 1) up to half less than the
    /// longest. `None`: it was the last one.
    pub fn wait_if_it_fails(&self, chance: f64) -> Option<Duration> {
        let longest = self.call.retry.wait_after(self.failed + 1)?;
        Some(longest.mul_f64(1.0 - chance / 2.0))
    }
}
