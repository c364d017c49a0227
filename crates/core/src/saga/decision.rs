//! What a saga decides.

use std::time::Duration;

use jiff::Timestamp;
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
    /// To be told when it is time.
    SetTimer {
        /// Which timer.
        name: TimerName,
        /// When.
        schedule: Schedule,
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

/// When a timer is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Schedule {
    /// When so much time has passed since it was set.
    After(Duration),
    /// At a moment; at once if that has passed.
    At(Timestamp),
    /// Again and again, so much time apart, for the first time when so much has passed since it was
    /// set. Times that nobody was there for are left out, but for one.
    Every(Duration),
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

impl Schedule {
    /// No timer comes again sooner: each time is recorded.
    const LEAST: Duration = Duration::from_secs(1);

    /// How far apart its times are. `None`: there is one only.
    pub(super) fn every(self) -> Option<Duration> {
        match self {
            Self::Every(apart) => Some(apart.max(Self::LEAST)),
            Self::After(_) | Self::At(_) => None,
        }
    }

    /// The first time, for a timer that is set now.
    pub(super) fn first(self, now: Timestamp) -> Timestamp {
        let after = match self {
            Self::At(due) => return due,
            Self::After(after) => after,
            Self::Every(apart) => apart.max(Self::LEAST),
        };
        now.saturating_add(after).unwrap_or(Timestamp::MAX)
    }
}

impl Call {
    /// One that is tried as often as is usual.
    pub fn of(name: &str, request: Request) -> Self {
        Self {
            name: name.to_owned(),
            request,
            retry: RetryPolicy::default(),
        }
    }
}

impl Decision {
    /// To send a command under a name.
    pub fn call<C: Command>(name: &str, command: &C) -> Self {
        Self::Call(Call::of(name, Request::of(command)))
    }

    /// To be told when so much time has passed.
    pub fn timer(name: &str, after: Duration) -> Self {
        Self::scheduled(name, Schedule::After(after))
    }

    /// To be told when it is time.
    pub fn scheduled(name: &str, schedule: Schedule) -> Self {
        let name = name.to_owned();
        Self::SetTimer { name, schedule }
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
