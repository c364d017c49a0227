//! Instances of sagas and what happened to them, as they are answered.

use std::collections::BTreeMap;

use annals_core::{
    Decision, Instance, OpenCall, OpenTimer, SagaEvent, SagaInput, StreamVersion, Timestamp,
};
use annals_runtime::{FailedAttempt, SagaDetails, SagaMoment};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::milliseconds;

/// An instance, by what is recorded of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InstanceView {
    instance: String,
    /// `running`, `parked`, `completed`, `compensated` or `cancelled`; `notFound` if it was told
    /// something and never started.
    status: &'static str,
    /// What it is parked, was undone or cancelled for.
    reason: Option<String>,
    /// The version of the definition it runs under.
    definition: Option<u32>,
    started_at: Timestamp,
    changed_at: Timestamp,
    /// How much has happened to it.
    version: u64,
    /// What it remembers.
    #[schema(value_type = Object)]
    state: Value,
    /// The commands that are not answered.
    calls: Vec<CallView>,
    /// The commands that were given up: nobody knows whether they were carried out.
    unknown: Vec<CallView>,
    /// The timers that are not due yet.
    timers: Vec<TimerView>,
}

/// A command that is not answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CallView {
    /// The step.
    name: String,
    /// Which call it is of the instance: its idempotency key is made of it.
    number: u64,
    /// The name of the command.
    command: String,
    /// Which attempt is the next, from 1.
    attempt: u32,
    /// How often it may be tried.
    attempts: u32,
    /// When the next attempt is made.
    not_before: Timestamp,
    /// How it failed last; null if it did not, or too long ago.
    last_failure: Option<FailureView>,
}

/// An attempt that failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct FailureView {
    attempt: u32,
    at: Timestamp,
    error: String,
}

/// A timer that is not due yet.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TimerView {
    name: String,
    number: u64,
    due: Timestamp,
    /// How far apart its times are, in milliseconds; null if it comes once.
    every_ms: Option<u64>,
}

impl InstanceView {
    pub(super) fn of(instance: &str, details: SagaDetails) -> Self {
        let SagaDetails {
            started_at,
            latest,
            failures,
        } = details;
        let now = latest.event.instance();
        let calls = |calls: fn(&Instance) -> &BTreeMap<String, OpenCall>| {
            let calls = now.into_iter().flat_map(|now| calls(now).values());
            calls.map(|call| CallView::of(call, &failures)).collect()
        };
        let timers = now.into_iter().flat_map(|now| &now.timers);
        Self {
            instance: instance.to_owned(),
            status: now.map_or("notFound", |now| now.status.name()),
            reason: now.and_then(|now| now.status.reason()),
            definition: now.map(|now| now.definition),
            started_at,
            changed_at: latest.at,
            version: latest.version.0,
            state: now.map(|now| now.state.clone()).unwrap_or_default(),
            calls: calls(|now| &now.calls),
            unknown: calls(|now| &now.unknown),
            timers: timers.map(TimerView::of).collect(),
        }
    }
}

impl CallView {
    fn of(open: &OpenCall, failures: &BTreeMap<u64, FailedAttempt>) -> Self {
        let failed = failures.get(&open.number).cloned();
        Self {
            name: open.call.name.clone(),
            number: open.number,
            command: open.call.request.command.clone(),
            attempt: open.attempt,
            attempts: open.call.retry.attempts,
            not_before: open.not_before,
            last_failure: failed.map(FailureView::from),
        }
    }
}

impl From<FailedAttempt> for FailureView {
    fn from(failed: FailedAttempt) -> Self {
        let FailedAttempt { attempt, at, error } = failed;
        Self { attempt, at, error }
    }
}

impl TimerView {
    fn of((name, timer): (&String, &OpenTimer)) -> Self {
        Self {
            name: name.clone(),
            number: timer.number,
            due: timer.due,
            every_ms: timer.every.map(milliseconds),
        }
    }
}

/// One thing that happened to an instance.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MomentView {
    /// Its place in the instance's history.
    #[schema(value_type = u64)]
    version: StreamVersion,
    at: Timestamp,
    /// Who asked; null for what nobody asked for.
    by: Option<String>,
    /// What the instance was told, as it is recorded.
    #[schema(value_type = Object)]
    told: SagaInput,
    /// Why that changed nothing: `notFound`, `ended`, `notOpen` or `notParked`; null if it was taken in.
    ignored: Option<&'static str>,
    /// What was decided on it, as it is recorded.
    #[schema(value_type = Vec<Object>)]
    decisions: Vec<Decision>,
    /// How the instance was afterwards.
    status: &'static str,
}

impl MomentView {
    pub(super) fn version(&self) -> StreamVersion {
        self.version
    }
}

impl From<SagaMoment> for MomentView {
    fn from(SagaMoment { version, at, event }: SagaMoment) -> Self {
        let status = event.instance().map_or("notFound", |now| now.status.name());
        let (told, ignored, decisions) = match event {
            SagaEvent::Reacted {
                input, decisions, ..
            } => (input, None, decisions),
            SagaEvent::Ignored { input, why, .. } => (input, Some(why.name()), Vec::new()),
        };
        let by = match &told {
            SagaInput::Asked { by, .. } => Some(by.clone()),
            _ => None,
        };
        Self {
            version,
            at,
            by,
            told,
            ignored,
            decisions,
            status,
        }
    }
}
