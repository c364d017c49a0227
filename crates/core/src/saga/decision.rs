//! What a saga decides.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::command::{Command, Request};

use super::instance::Ending;

/// The name a saga gives a timer; setting another of the same name replaces it.
pub type TimerName = String;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Decision {
    /// To send a command, and to be told the [answer](super::Answer).
    Call(Call),
    /// To be told when so much time has passed.
    SetTimer {
        /// Which timer.
        name: TimerName,
        /// After how long.
        after: Duration,
    },
    /// Not to be told after all.
    CancelTimer {
        /// Which timer.
        name: TimerName,
    },
    /// To wait for a person, loudly.
    Park {
        /// What for.
        reason: String,
    },
    /// To go on after a person was waited for.
    Resume,
    /// To be over. What is open then is forgotten, and what is decided behind it is not taken.
    End(Ending),
}

/// A command that a saga wants carried out, once in effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// The name its answer comes under. One call of a name is open at a time: a later one of the same
    /// name takes its place, and is another call. The same request to a name whose call was given up is
    /// the same call, made again.
    pub name: String,
    /// The command.
    pub request: Request,
    /// How often it is tried.
    pub retry: RetryPolicy,
}

/// How often something is tried that may succeed the next time, and how long to wait between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryPolicy {
    /// How often, at least once.
    pub attempts: u32,
    /// The first wait; each one is twice as long as the one before, by up to half less by chance.
    pub first: Duration,
    /// No wait is longer.
    pub most: Duration,
}

impl Default for RetryPolicy {
    /// Ten times within about five minutes.
    fn default() -> Self {
        Self {
            attempts: 10,
            first: Duration::from_millis(500),
            most: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// Never again.
    pub const ONCE: Self = Self {
        attempts: 1,
        first: Duration::ZERO,
        most: Duration::ZERO,
    };

    /// The longest wait after the `failed`-th attempt, counted from 1; `None`: it was the last.
    pub fn wait_after(&self, failed: u32) -> Option<Duration> {
        let doubled = 2_u32.saturating_pow(failed.saturating_sub(1));
        let wait = self.first.saturating_mul(doubled).min(self.most);
        (failed < self.attempts).then_some(wait)
    }
}

impl Decision {
    /// To send a command under a name.
    pub fn call<C: Command>(name: &str, command: &C) -> Self {
        Self::Call(Call {
            name: name.to_owned(),
            request: Request::of(command),
            retry: RetryPolicy::default(),
        })
    }

    /// To be told when so much time has passed.
    pub fn timer(name: &str, after: Duration) -> Self {
        let name = name.to_owned();
        Self::SetTimer { name, after }
    }

    /// To be over, all done.
    pub fn complete() -> Self {
        Self::End(Ending::Completed)
    }

    /// To be over, as it is.
    pub(super) fn cancelled(reason: &str) -> Self {
        let reason = reason.to_owned();
        Self::End(Ending::Cancelled { reason })
    }

    /// To be over, all undone.
    pub fn compensated(reason: &Value) -> Self {
        let reason = reason.clone();
        Self::End(Ending::Compensated { reason })
    }
}
