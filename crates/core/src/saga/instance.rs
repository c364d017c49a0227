//! One run of a saga: what it has decided, and what of that is still open.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Answer, Call, Decision, Input, Saga};

/// One run of a saga, as it is recorded with each input it took in.
///
/// It is plain data: what is recorded last is all there is to know. So its definition may change
/// while it runs, and nothing has to be decided again to find out where it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// The definition it runs under.
    pub definition: u32,
    /// What the saga remembers.
    pub state: Value,
    /// How it is.
    pub status: SagaStatus,
    /// Commands that are not answered, by the names of their calls.
    pub calls: BTreeMap<String, OpenCall>,
    /// Calls of which nobody knows whether they were carried out, by name: the numbers they had, and
    /// will have again if they are made once more.
    pub unknown: BTreeMap<String, u64>,
    /// Timers that are not due yet, by their names.
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
}

/// A command that is not answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenCall {
    /// Which it is of all calls of the instance: its idempotency key is made of it.
    pub number: u64,
    /// What is asked.
    pub call: Call,
    /// How often it has failed.
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
}

impl Instance {
    /// One that has not taken anything in.
    pub fn begin<S: Saga>() -> Self {
        Self {
            definition: S::VERSION,
            state: serde_json::to_value(S::default()).expect("the state of a saga has a JSON form"),
            ..Self::default()
        }
    }

    /// Takes an input in, and what the saga decides on it.
    ///
    /// # Errors
    /// When the state cannot be read: it was written by another definition.
    pub fn take_in<S: Saga>(
        &mut self,
        input: &Input<S::Event>,
        now: Timestamp,
    ) -> Result<Vec<Decision>, serde_json::Error> {
        let mut saga = S::deserialize(&self.state)?;
        self.settle(input);
        let decisions = saga.react(input);
        self.state = serde_json::to_value(&saga)?;
        for decision in &decisions {
            self.apply(decision, now);
        }
        Ok(decisions)
    }

    /// One more attempt of a call failed, and may succeed the next time. `Some`: there is no next time.
    pub fn call_failed(
        &mut self,
        name: &str,
        error: &str,
        now: Timestamp,
        chance: f64,
    ) -> Option<Answer> {
        let open = self.calls.get_mut(name)?;
        open.failed += 1;
        let Some(longest) = open.call.retry.wait_after(open.failed) else {
            let error = error.to_owned();
            return Some(Answer::GaveUp { error });
        };
        let wait = longest.mul_f64(1.0 - chance / 2.0);
        open.not_before = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        None
    }

    /// True if it is over.
    pub fn has_ended(&self) -> bool {
        matches!(self.status, SagaStatus::Ended(_))
    }

    /// What an input answers is not open any more.
    fn settle<E>(&mut self, input: &Input<E>) {
        match input {
            Input::Answer { call, answer } => {
                let open = self.calls.remove(call);
                if let (Some(open), Answer::GaveUp { .. }) = (open, answer) {
                    self.unknown.insert(call.clone(), open.number);
                }
            }
            Input::Timer { name } => drop(self.timers.remove(name)),
            Input::Event(_) | Input::Asked(_) => {}
        }
    }

    fn apply(&mut self, decision: &Decision, now: Timestamp) {
        match decision {
            Decision::Call(call) => {
                let again = self.unknown.remove(&call.name);
                let open = OpenCall {
                    number: again.unwrap_or_else(|| self.next_number()),
                    call: call.clone(),
                    failed: 0,
                    not_before: now,
                };
                self.calls.insert(call.name.clone(), open);
            }
            Decision::SetTimer { name, after } => {
                let due = now.saturating_add(*after).unwrap_or(Timestamp::MAX);
                let number = self.next_number();
                self.timers.insert(name.clone(), OpenTimer { number, due });
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

    fn next_number(&mut self) -> u64 {
        self.numbered += 1;
        self.numbered
    }
}
