//! What is traced: every span by its name and its fields.
//!
//! All are of level `INFO` and of the target `annals_runtime::spans`, so that a filter such as
//! `info,annals_runtime::spans=off` leaves them out. Fields that begin with `otel.` are those that
//! bridges to OpenTelemetry know.

use std::fmt::Display;

use annals_core::{InstanceId, Metadata, OpenCall, ProjectionBatch, RecordedEvent};
use tracing::field::{Empty, display};
use tracing::{Instrument, Span, info_span};

use crate::command_bus::CommandFault;
use crate::error::ExecuteError;
use crate::execute::Executed;
use crate::metrics::{Answered, Outcome};

/// A command to an aggregate, until it is answered.
pub(crate) fn command(aggregate: &str, id: &str, metadata: &Metadata) -> Span {
    info_span!(
        "command",
        otel.status_code = Empty,
        otel.status_description = Empty,
        aggregate,
        id,
        correlation_id = metadata.correlation,
        outcome = Empty,
        position = Empty,
    )
}

/// Tells how a command was answered. A refusal is no failure.
pub(crate) fn answered<A, E: Display>(
    span: &Span,
    outcome: Outcome,
    answer: &Result<Executed<A>, ExecuteError<E>>,
) {
    span.record("outcome", outcome.as_str());
    match answer {
        Ok(executed) => {
            span.record("position", executed.position.0);
        }
        Err(error) if outcome == Outcome::Failed => failed(span, error),
        Err(_) => {}
    }
}

/// A command that is sent by the bus, until it is answered.
pub(crate) fn sent_command(command: &str, handler: &str, metadata: &Metadata) -> Span {
    info_span!(
        "sent command",
        otel.status_code = Empty,
        otel.status_description = Empty,
        command,
        handler,
        actor = metadata.actor,
        correlation_id = metadata.correlation,
        causation_id = metadata.causation,
        trace_parent = metadata.trace_parent,
        outcome = Empty,
    )
}

/// Tells how a command of the bus was answered. Only one that is not answered is a failure.
pub(crate) fn command_answered<R>(span: &Span, outcome: Answered, fault: Option<&CommandFault<R>>) {
    span.record("outcome", outcome.as_str());
    if let Some(CommandFault::Transient(cause)) = fault {
        failed(span, cause);
    }
}

/// One attempt of a saga to have a command carried out.
pub(crate) fn saga_call(saga: &str, instance: &InstanceId, open: &OpenCall) -> Span {
    info_span!(
        "saga call",
        saga,
        %instance,
        call = open.call.name,
        number = open.number,
        attempt = open.attempt,
    )
}

/// A batch of a projection, until it is committed. Its positions are from `after`, exclusive, up to
/// `up_to`.
pub(crate) fn batch(projection: &str, batch: &ProjectionBatch) -> Span {
    info_span!(
        "projection batch",
        otel.kind = "consumer",
        otel.status_code = Empty,
        otel.status_description = Empty,
        projection,
        after = batch.after.0,
        up_to = batch.up_to.0,
        events = batch.events.len(),
    )
}

/// The effect of one event, until it is acknowledged.
pub(crate) fn effect(effect: &str, event: &RecordedEvent) -> Span {
    info_span!(
        "effect",
        otel.kind = "client",
        otel.status_code = Empty,
        otel.status_description = Empty,
        effect,
        position = event.position.0,
        event_id = %event.id,
        event_type = %event.event_type,
        stream = %event.stream,
        correlation_id = event.metadata.correlation,
        trace_parent = event.metadata.trace_parent,
    )
}

/// A phase of a rebuild.
pub(crate) fn rebuild(projection: &str, phase: &str) -> Span {
    info_span!(
        "rebuild",
        otel.status_code = Empty,
        otel.status_description = Empty,
        projection,
        phase,
    )
}

/// Does something in a span, which tells if it fails.
pub(crate) async fn within<T, E: Display>(
    span: Span,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let done = work.instrument(span.clone()).await;
    if let Err(error) = &done {
        failed(&span, error);
    }
    done
}

/// Tells that what a span is of failed.
fn failed(span: &Span, error: &impl Display) {
    span.record("otel.status_code", "ERROR");
    span.record("otel.status_description", display(error));
}
