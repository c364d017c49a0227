//! A projector that keeps nothing but its checkpoint, has no place for dead letters, and fails on
//! demand.

use std::sync::{Arc, Mutex};

use annals_core::{Position, ProjectionBatch, ProjectionError, Projector, Query, StoreId};
use annals_runtime::ParkedEvents;
use async_trait::async_trait;

use crate::bank::{Bank, Service};

/// What is wrong with it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    Nothing,
    Away,
    Event(Position),
}

/// A projector that keeps nothing but its checkpoint.
pub(crate) struct BareProjector {
    name: &'static str,
    fault: Fault,
    checkpoint: Mutex<Position>,
}

impl BareProjector {
    pub(crate) fn with(fault: Fault) -> Arc<Self> {
        Self::named("bare", fault)
    }

    pub(crate) fn named(name: &'static str, fault: Fault) -> Arc<Self> {
        Arc::new(Self {
            name,
            fault,
            checkpoint: Mutex::default(),
        })
    }

    /// Starts it, operated beside a bank.
    pub(crate) fn run(self: Arc<Self>, bank: &Bank) -> Service {
        let parked = ParkedEvents::new(bank.store(), Arc::clone(&self) as _);
        let projection = Arc::new(bank.run_projector(self, ""));
        let operations = bank
            .operations()
            .with_projection(Arc::clone(&projection), parked);
        Service::new(projection, operations)
    }
}

#[async_trait]
impl Projector for BareProjector {
    fn name(&self) -> &str {
        self.name
    }

    fn query(&self) -> Query {
        Query::all()
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.position(store).await
    }

    async fn position(&self, _: StoreId) -> Result<Position, ProjectionError> {
        Ok(*self.checkpoint.lock().unwrap())
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        let cause = || Arc::new(std::io::Error::other("on demand"));
        match self.fault {
            Fault::Away => return Err(ProjectionError::Unavailable(cause())),
            Fault::Event(position) => {
                let cause = cause();
                return Err(ProjectionError::Event { position, cause });
            }
            Fault::Nothing => {}
        }
        *self.checkpoint.lock().unwrap() = batch.up_to;
        Ok(())
    }
}
