//! Processes that run transfers: one store, one database, one clock.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Append, Delivery, Effect, EffectKey, Event, EventId, EventStore, ExpectedVersion, IdSource,
    Instance, InstanceId, Leases, Metadata, RandomIds, Read, ReadModels, Recorded, Saga, SagaEvent,
    SagaInput, Source, Stepped, StreamId, StreamVersion, Table, TableFold, Timestamp, decode,
    events_of,
};
use annals_embedded::EmbeddedStore;
use annals_runtime::{
    CommandBus, ParkedEvents, ProjectionHandle, RunnerOptions, SagaEngine, SagaHandle, SagaOptions,
    SagaRow, Sagas, UnboundEffect, run_projection,
};
use annals_sqlite::Database;
use annals_testing::ManualClock;

use crate::bank::{AccountCommand, accounts_in, deposits, execute, refunds, withdrawals};
use crate::transfer::{Transfer, TransferRequested};
use crate::troubled::{Trouble, Troubled};

/// Far beyond what any wait takes when nothing is wrong.
pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) type Transfers = Stepped<Transfer>;

/// What all processes share. Ann has 100 cents, Bob has none.
pub(crate) struct World {
    pub(crate) store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
    pub(crate) clock: ManualClock,
}

/// A process. Dropping it kills it.
pub(crate) struct Process {
    pub(crate) index: ProjectionHandle,
    inbox: ProjectionHandle,
    transfers: SagaHandle,
}

impl World {
    pub(crate) async fn new() -> Self {
        let store: Arc<dyn EventStore> = Arc::new(EmbeddedStore::in_memory().unwrap());
        execute(&store, "ann", AccountCommand::Deposit(100)).await;
        execute(&store, "bob", AccountCommand::Deposit(0)).await;
        Self {
            store,
            read_models: Arc::new(Database::in_memory().await.unwrap()),
            clock: ManualClock::at(Timestamp::UNIX_EPOCH),
        }
    }

    /// What runs transfers, once it is told to.
    pub(crate) fn engine(&self) -> SagaEngine<Transfers> {
        self.engine_of(self.bus())
    }

    /// What runs another saga, or sends commands by another bus.
    pub(crate) fn engine_of<S: Saga>(&self, bus: CommandBus) -> SagaEngine<S> {
        SagaEngine::new(Arc::clone(&self.store), bus).with_options(self.options())
    }

    /// One with troubles in the way of deposits.
    pub(crate) fn engine_with(
        &self,
        deposit_troubles: impl IntoIterator<Item = Trouble>,
    ) -> SagaEngine<Transfers> {
        self.engine_of(self.bus_with(deposit_troubles))
    }

    /// One with troubles in the way of deposits.
    pub(crate) fn bus_with(
        &self,
        deposit_troubles: impl IntoIterator<Item = Trouble>,
    ) -> CommandBus {
        let accounts = accounts_in(&self.store);
        let deposits = Troubled::new(deposits(&accounts), deposit_troubles);
        let bus = CommandBus::new().handling(withdrawals(&accounts));
        bus.handling(refunds(&accounts)).handling(deposits)
    }

    pub(crate) fn bus(&self) -> CommandBus {
        bus_on(&self.store)
    }

    pub(crate) fn options(&self) -> SagaOptions {
        SagaOptions {
            look_every: Duration::from_millis(5),
            clock: Arc::new(self.clock.clone()),
            ..SagaOptions::default()
        }
    }

    /// Starts a process.
    pub(crate) async fn start(&self) -> Process {
        self.start_on(&self.store, None).await
    }

    /// Starts one that sees the store like that, and shares the work with others.
    pub(crate) async fn start_on(
        &self,
        store: &Arc<dyn EventStore>,
        leases: Option<Arc<dyn Leases>>,
    ) -> Process {
        let engine = SagaEngine::new(Arc::clone(store), bus_on(store));
        let engine = engine.with_options(self.options());
        self.start_running(&engine, store, leases).await
    }

    /// Starts one in which this engine runs.
    pub(crate) async fn start_running(
        &self,
        engine: &SagaEngine<Transfers>,
        store: &Arc<dyn EventStore>,
        leases: Option<Arc<dyn Leases>>,
    ) -> Process {
        let options = RunnerOptions {
            leases: leases.clone(),
            lease_retry: Duration::from_millis(10),
            ..RunnerOptions::default()
        };
        let index = self.read_models.projector(TableFold::of_rows::<SagaRow>());
        let index = run_projection(Arc::clone(store), index.await.unwrap(), options.clone());
        let transfers = engine.run(Table::of(&self.read_models), &index, leases);
        let inbox = UnboundEffect::of(engine.inbox());
        let checkpoint = self.read_models.projector(inbox.fold()).await.unwrap();
        let inbox = inbox.begin(&**store, checkpoint).await.unwrap();
        Process {
            index,
            inbox: run_projection(Arc::clone(store), Arc::new(inbox), options),
            transfers,
        }
    }

    /// Brings all events to an engine, and has nothing done.
    pub(crate) async fn bring_all<S: Saga>(
        &self,
        engine: &SagaEngine<S>,
    ) -> (ProjectionHandle, ParkedEvents) {
        let inbox = UnboundEffect::of(engine.inbox());
        let checkpoint = self.read_models.projector(inbox.fold()).await.unwrap();
        let inbox = Arc::new(inbox.begin(&*self.store, checkpoint).await.unwrap());
        let store = Arc::clone(&self.store);
        let parked = ParkedEvents::new(Arc::clone(&store), Arc::clone(&inbox) as _);
        let inbox = run_projection(store, inbox, RunnerOptions::default());
        (inbox, parked)
    }

    /// Has what is due done by an engine, and nothing brought to it.
    pub(crate) async fn run<S: Saga>(
        &self,
        engine: &SagaEngine<S>,
    ) -> (ProjectionHandle, SagaHandle) {
        let index = self.read_models.projector(TableFold::of_rows::<SagaRow>());
        let options = RunnerOptions::default();
        let index = run_projection(Arc::clone(&self.store), index.await.unwrap(), options);
        let engine = engine.run(Table::of(&self.read_models), &index, None);
        (index, engine)
    }

    pub(crate) fn sagas(&self) -> Sagas {
        Sagas::new(&self.store, &self.read_models).with(&self.engine())
    }

    /// Asks for a transfer from Ann to Bob.
    pub(crate) async fn request(&self, transfer: &str, cents: i64) {
        let metadata = Metadata::default();
        self.request_with(transfer, cents, metadata).await;
    }

    pub(crate) async fn request_with(&self, transfer: &str, cents: i64, metadata: Metadata) {
        let (from, to) = ("ann".to_owned(), "bob".to_owned());
        let event = TransferRequested { from, to, cents };
        let event = event.to_new(EventId(RandomIds.next()), metadata);
        let stream = StreamId::new("Transfer", transfer).unwrap();
        let append = Append::to(stream, ExpectedVersion::Any, vec![event.unwrap()]);
        self.store.append(append).await.unwrap();
    }

    /// Asks for a transfer, and brings that to whoever runs it.
    pub(crate) async fn begin<S: Saga<Event = TransferRequested>>(
        &self,
        engine: &SagaEngine<S>,
        transfer: &str,
        cents: i64,
    ) {
        self.request(transfer, cents).await;
        let last = self.requests(transfer).await.pop().unwrap();
        bring_to(engine, &last).await;
    }

    /// Brings all requests for a transfer to whoever runs it.
    pub(crate) async fn bring<S: Saga<Event = TransferRequested>>(
        &self,
        engine: &SagaEngine<S>,
        transfer: &str,
    ) {
        for event in self.requests(transfer).await {
            bring_to(engine, &event).await;
        }
    }

    pub(crate) async fn requests(&self, transfer: &str) -> Vec<Recorded<TransferRequested>> {
        let stream = StreamId::new("Transfer", transfer).unwrap();
        let read = Read::forwards(Source::stream(stream));
        let events = self.store.read(read).await.unwrap().collect().await;
        let events = events.unwrap().into_iter();
        events.flat_map(|event| decode(event).unwrap()).collect()
    }

    /// Waits until a transfer is over.
    pub(crate) async fn until_over(&self, transfer: &str) -> Instance {
        let waiting = async {
            let source = Source::stream(id(transfer).stream("transfer").unwrap());
            let mut events = self.store.subscribe(source).await.unwrap();
            loop {
                let Delivery::Event(event) = events.next().await.unwrap() else {
                    continue;
                };
                let event = events_of::<SagaEvent>(&event).unwrap().pop().unwrap();
                if let Some(instance) = event.instance()
                    && instance.has_ended()
                {
                    return instance.clone();
                }
            }
        };
        let found = tokio::time::timeout(LONG, waiting).await;
        found.unwrap_or_else(|_| panic!("{transfer} does not end"))
    }

    /// True if it is over by now.
    pub(crate) async fn is_over(&self, transfer: &str) -> bool {
        let history = self.history(transfer).await;
        let last = history.last().and_then(SagaEvent::instance);
        last.is_some_and(Instance::has_ended)
    }

    pub(crate) async fn balances(&self) -> (i64, i64) {
        let accounts = accounts_in(&self.store);
        let ann = accounts.load("ann").await.unwrap();
        let bob = accounts.load("bob").await.unwrap();
        (ann.state.balance, bob.state.balance)
    }

    /// How much happened to an account since it was opened.
    pub(crate) async fn happened_to(&self, account: &str) -> u64 {
        let accounts = accounts_in(&self.store);
        accounts.load(account).await.unwrap().version.0 - 1
    }

    /// What happened to a transfer.
    pub(crate) async fn history(&self, transfer: &str) -> Vec<SagaEvent> {
        let (sagas, id) = (self.sagas(), id(transfer));
        let all = sagas.timeline("transfer", &id, StreamVersion::NONE, 1_000);
        let all = all.await.unwrap().into_iter();
        all.map(|moment| moment.event).collect()
    }

    /// What a transfer was told, in order, as short names.
    pub(crate) async fn told(&self, transfer: &str) -> Vec<String> {
        let history = self.history(transfer).await;
        history.iter().map(|event| name(event.input())).collect()
    }

    /// How a transfer is.
    pub(crate) async fn instance(&self, transfer: &str) -> Instance {
        let history = self.history(transfer).await;
        history.last().unwrap().instance().unwrap().clone()
    }
}

impl Process {
    /// From now on it keeps the read model, and does nothing else.
    pub(crate) async fn leave_alone(&self) {
        self.inbox.stop().await;
        self.transfers.stop().await;
    }

    pub(crate) async fn stop(self) {
        self.inbox.stop().await;
        self.transfers.stop().await;
        self.index.stop().await;
    }
}

pub(crate) fn id(transfer: &str) -> InstanceId {
    InstanceId::new(transfer).unwrap()
}

pub(crate) async fn bring_to<S: Saga<Event = TransferRequested>>(
    engine: &SagaEngine<S>,
    event: &Recorded<TransferRequested>,
) {
    let key = EffectKey::of(S::NAME, event.record.id);
    engine.inbox().perform(event, key).await.unwrap();
}

fn bus_on(store: &Arc<dyn EventStore>) -> CommandBus {
    let accounts = accounts_in(store);
    let bus = CommandBus::new().handling(withdrawals(&accounts));
    bus.handling(refunds(&accounts))
        .handling(deposits(&accounts))
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
