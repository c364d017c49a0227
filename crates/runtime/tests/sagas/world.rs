//! Processes that run transfers: one store, one database, one clock.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{Append, Leases, StreamId};
use annals_core::{
    Delivery, Event, EventId, EventStore, ExpectedVersion, IdSource, Instance, InstanceId,
    Metadata, RandomIds, ReadModels, SagaEvent, SagaInput, Source, Stepped, StreamVersion, Table,
    TableFold, Timestamp, events_of,
};
use annals_embedded::EmbeddedStore;
use annals_runtime::{
    CommandBus, ProjectionHandle, RunnerOptions, SagaEngine, SagaHandle, SagaOptions, SagaRow,
    Sagas, UnboundEffect, run_projection,
};
use annals_sqlite::Database;
use annals_testing::ManualClock;

use crate::bank::{accounts_in, deposits, open, withdrawals};
use crate::transfer::{Transfer, TransferRequested};

/// Far beyond what any wait takes when nothing is wrong.
pub(crate) const LONG: Duration = Duration::from_secs(30);

type Engine = SagaEngine<Stepped<Transfer>>;

/// What all processes share. Ann has 100 cents, Bob has none.
pub(crate) struct World {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) read_models: Arc<dyn ReadModels>,
    pub(crate) clock: ManualClock,
}

/// A process. Dropping it kills it.
pub(crate) struct Process {
    index: ProjectionHandle,
    pub(crate) inbox: ProjectionHandle,
    transfers: SagaHandle,
    pub(crate) sagas: Sagas,
}

impl World {
    pub(crate) async fn new() -> Self {
        let store: Arc<dyn EventStore> = Arc::new(EmbeddedStore::in_memory().unwrap());
        open(&store, "ann", 100).await;
        open(&store, "bob", 0).await;
        Self {
            store,
            read_models: Arc::new(Database::in_memory().await.unwrap()),
            clock: ManualClock::at(Timestamp::UNIX_EPOCH),
        }
    }

    /// Starts a process that handles its commands itself.
    pub(crate) async fn start(&self) -> Process {
        self.start_on(&self.store).await
    }

    /// Starts one that sees the store like that.
    pub(crate) async fn start_on(&self, store: &Arc<dyn EventStore>) -> Process {
        let accounts = accounts_in(store);
        let bus = CommandBus::new().handling(withdrawals(&accounts));
        self.start_with(store, bus.handling(deposits(&accounts)), None)
            .await
    }

    pub(crate) async fn start_with(
        &self,
        store: &Arc<dyn EventStore>,
        bus: CommandBus,
        leases: Option<Arc<dyn Leases>>,
    ) -> Process {
        let engine = Engine::new(Arc::clone(store), bus).with_options(self.options());
        let index = self.read_models.projector(TableFold::of_rows::<SagaRow>());
        let options = RunnerOptions {
            leases: leases.clone(),
            ..RunnerOptions::default()
        };
        let index = run_projection(Arc::clone(store), index.await.unwrap(), options.clone());
        let transfers = engine.run(Table::of(&self.read_models), &index, leases.clone());
        let inbox = UnboundEffect::of(engine.inbox());
        let checkpoint = self.read_models.projector(inbox.fold()).await.unwrap();
        let inbox = inbox.begin(&**store, checkpoint).await.unwrap();
        Process {
            index,
            inbox: run_projection(Arc::clone(store), Arc::new(inbox), options),
            transfers,
            sagas: Sagas::new(store, &self.read_models).with(&engine),
        }
    }

    fn options(&self) -> SagaOptions {
        SagaOptions {
            look_every: Duration::from_millis(5),
            clock: Arc::new(self.clock.clone()),
            ..SagaOptions::default()
        }
    }

    /// Asks for a transfer from Ann to Bob.
    pub(crate) async fn request(&self, transfer: &str, cents: i64) {
        let (from, to) = ("ann".to_owned(), "bob".to_owned());
        let event = TransferRequested { from, to, cents };
        let event = event.to_new(EventId(RandomIds.next()), Metadata::default());
        let stream = StreamId::new("Transfer", transfer).unwrap();
        let append = Append::to(stream, ExpectedVersion::Any, vec![event.unwrap()]);
        self.store.append(append).await.unwrap();
    }

    /// Waits until what is recorded of a transfer is like that.
    pub(crate) async fn until(
        &self,
        transfer: &str,
        is_so: impl Fn(&SagaEvent) -> bool,
    ) -> Instance {
        let waiting = async {
            let source = Source::stream(id(transfer).stream("transfer").unwrap());
            let mut events = self.store.subscribe(source).await.unwrap();
            loop {
                let Delivery::Event(event) = events.next().await.unwrap() else {
                    continue;
                };
                let event = events_of::<SagaEvent>(&event).unwrap().pop().unwrap();
                if is_so(&event) {
                    return event.instance().unwrap().clone();
                }
            }
        };
        let found = tokio::time::timeout(LONG, waiting).await;
        found.unwrap_or_else(|_| panic!("{transfer} does not come so far"))
    }

    pub(crate) async fn until_over(&self, transfer: &str) -> Instance {
        let is_over = |event: &SagaEvent| event.instance().is_some_and(Instance::has_ended);
        self.until(transfer, is_over).await
    }

    pub(crate) async fn balance(&self, account: &str) -> i64 {
        let accounts = accounts_in(&self.store);
        accounts.load(account).await.unwrap().state.balance
    }

    /// How often money moved in an account, beside its opening.
    pub(crate) async fn movements(&self, account: &str) -> u64 {
        let accounts = accounts_in(&self.store);
        accounts.load(account).await.unwrap().version.0 - 1
    }

    /// What an instance was told, in order, as short names.
    pub(crate) async fn told(&self, process: &Process, transfer: &str) -> Vec<String> {
        let id = id(transfer);
        let all = process
            .sagas
            .timeline("transfer", &id, StreamVersion::NONE, 1_000);
        let all = all.await.unwrap();
        all.iter()
            .map(|moment| name(moment.event.input()))
            .collect()
    }
}

impl Process {
    pub(crate) async fn stop(self) {
        self.inbox.stop().await;
        self.transfers.stop().await;
        self.index.stop().await;
    }
}

pub(crate) fn id(transfer: &str) -> InstanceId {
    InstanceId::new(transfer).unwrap()
}

fn name(input: &SagaInput) -> String {
    match input {
        SagaInput::Event { event_type, .. } => event_type.to_string(),
        SagaInput::Answer { call, answer, .. } => {
            let answer = serde_json::to_value(answer).unwrap();
            let answer = answer.as_object().unwrap().keys().next().unwrap().clone();
            format!("{call} {answer}")
        }
        SagaInput::Failure { call, .. } => format!("{call} failed"),
        SagaInput::Timer { name, .. } => format!("timer {name}"),
        SagaInput::Asked { by, .. } => format!("asked by {by}"),
    }
}
