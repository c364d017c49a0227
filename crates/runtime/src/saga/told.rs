//! What an instance is told, and what becomes of that.

use annals_core::{Input, Instance, Metadata, Position, SagaEvent, SagaInput, Unwanted};

/// Something an instance is told.
pub(super) struct Told<E> {
    /// As it is recorded.
    pub(super) input: SagaInput,
    /// As the saga is told it. `None`: it is not, since it is to be tried again.
    pub(super) to_saga: Option<Input<E>>,
    pub(super) if_absent: IfAbsent,
    /// What comes with it.
    pub(super) metadata: Metadata,
}

/// What happens if the instance is not there: it was never started, or not before an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IfAbsent {
    /// It is started by the event at this position.
    Start(Position),
    /// That is recorded under its name.
    Record,
    /// Nothing.
    Pass,
}

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TakenIn {
    /// It is recorded, now or before.
    Recorded,
    /// It changed nothing, as is recorded now.
    Unwanted(Unwanted),
    /// It is for nobody.
    Passed,
}

impl<E> Told<E> {
    /// An event that comes again may have been for nobody when it came first.
    pub(super) fn is_for_nobody(&self, instance: Option<&Instance>) -> bool {
        let is_there = instance.is_some_and(|instance| match &self.input {
            SagaInput::Event { position, .. } => *position >= instance.since,
            _ => true,
        });
        self.if_absent == IfAbsent::Pass && !is_there
    }
}

impl TakenIn {
    pub(super) fn of(event: &SagaEvent) -> Self {
        match event {
            SagaEvent::Reacted { .. } => Self::Recorded,
            SagaEvent::Ignored { why, .. } => Self::Unwanted(*why),
        }
    }
}
