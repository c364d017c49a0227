//! A process that runs both sagas, as far as it is let.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use annals::runtime::{CommandBus, SagaEngine, SagaError, SagaOptions, Sagas};
use annals::{Asked, Effect, EffectKey, EventStore, ReadModels, Recorded, Saga};
use tokio::task::{Id, JoinSet};

use crate::books::Wrong;
use crate::checkout::Checkouts;
use crate::courier::{BringBack, Carry};
use crate::faulty_handler::FaultyHandler;
use crate::faulty_store::FaultyStore;
use crate::loyalty::Loyalty;
use crate::observed::{CHECKOUT, Post, Which, id};
use crate::shop::{Do, ShopEvent, Undo, doing, owners_in, undoing};
use crate::simulation::Parts;

/// Dropping it kills it.
pub(crate) struct Process {
    store: Arc<FaultyStore>,
    checkouts: Arc<SagaEngine<Checkouts>>,
    loyalty: Arc<SagaEngine<Loyalty>>,
    sagas: Sagas,
    tasks: JoinSet<Result<(), SagaError>>,
    driven: HashMap<Id, Which>,
}

impl Process {
    pub(crate) fn start(parts: &Parts, read_models: &Arc<dyn ReadModels>) -> Self {
        let store = FaultyStore::new(&parts.store, &parts.chance, &parts.faults, parts.flaw);
        let seen: Arc<dyn EventStore> = Arc::clone(&store) as _;
        let bus = bus_on(parts, &seen);
        let options = SagaOptions {
            answer_within: Duration::from_secs(10),
            clock: Arc::new(parts.clock.clone()),
            ids: Arc::new(parts.chance.clone()),
            ..SagaOptions::default()
        };
        let checkouts = SagaEngine::<Checkouts>::new(Arc::clone(&seen), bus.clone());
        let checkouts = checkouts.with_options(options.clone());
        let loyalty = SagaEngine::<Loyalty>::new(Arc::clone(&seen), bus).with_options(options);
        let sagas = Sagas::new(&seen, read_models);
        Self {
            sagas: sagas.with(&checkouts).with(&loyalty),
            store,
            checkouts: Arc::new(checkouts),
            loyalty: Arc::new(loyalty),
            tasks: JoinSet::new(),
            driven: HashMap::new(),
        }
    }

    /// Stops it amid whatever it is at, or lets it go on.
    pub(crate) fn set_running(&self, is_running: bool) {
        self.store.set_running(is_running);
    }

    /// How many things it is at.
    pub(crate) fn busy(&self) -> usize {
        self.tasks.len()
    }

    /// Does what is due for an instance, unless it is at that.
    pub(crate) fn drive(&mut self, which: &Which) {
        let driven: BTreeSet<_> = self.driven.values().collect();
        if driven.contains(which) {
            return;
        }
        let task = match which.0 {
            CHECKOUT => self
                .tasks
                .spawn(driving(Arc::clone(&self.checkouts), which)),
            _ => self.tasks.spawn(driving(Arc::clone(&self.loyalty), which)),
        };
        self.driven.insert(task.id(), which.clone());
    }

    /// Brings an event to an instance.
    pub(crate) fn bring(&mut self, to: &Which, event: &Recorded<ShopEvent>, post: &Post) {
        match to.0 {
            CHECKOUT => {
                let inbox = self.checkouts.inbox();
                self.tasks.spawn(bringing(inbox, to, event, post));
            }
            _ => {
                let inbox = self.loyalty.inbox();
                self.tasks.spawn(bringing(inbox, to, event, post));
            }
        }
    }

    /// Asks an instance for something, sooner or later.
    pub(crate) fn ask(&mut self, which: &Which, asked: Asked) {
        let (sagas, which) = (self.sagas.clone(), which.clone());
        self.tasks
            .spawn(async move { ask(&sagas, &which, asked).await });
    }

    /// The same at once.
    pub(crate) async fn ask_now(&self, which: &Which, asked: Asked) -> Result<(), Wrong> {
        let asked = ask(&self.sagas, which, asked).await;
        asked.map_err(|error| format!("{which:?}: {error}"))
    }

    /// What came of the things it was at: how many failed, and are still due.
    pub(crate) fn reap(&mut self) -> Result<u64, Wrong> {
        let mut failed = 0;
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            let (task, answer) = ended.map_err(|panic| format!("{panic}"))?;
            self.driven.remove(&task);
            match answer {
                Ok(()) => {}
                Err(
                    SagaError::Store(_)
                    | SagaError::Read(_)
                    | SagaError::Contended { .. }
                    | SagaError::Unwanted { .. },
                ) => failed += 1,
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(failed)
    }
}

fn bus_on(parts: &Parts, store: &Arc<dyn EventStore>) -> CommandBus {
    let owners = owners_in(store).with_ids(Arc::new(parts.chance.clone()));
    let (faults, flaw) = (&parts.faults, parts.flaw);
    let bus = CommandBus::new()
        .handling::<Do>(FaultyHandler::new(doing(&owners), faults, flaw))
        .handling::<Undo>(FaultyHandler::new(undoing(&owners), faults, flaw));
    let (courier, flaw) = (&parts.courier, flaw.of_courier());
    bus.handling::<Carry>(FaultyHandler::new(courier.clone(), faults, flaw))
        .handling::<BringBack>(FaultyHandler::new(courier.clone(), faults, flaw))
}

async fn ask(sagas: &Sagas, which: &Which, asked: Asked) -> Result<(), SagaError> {
    sagas.ask(which.0, &id(which), asked, "carol").await
}

fn driving<S: Saga>(
    engine: Arc<SagaEngine<S>>,
    which: &Which,
) -> impl Future<Output = Result<(), SagaError>> + use<S> {
    let id = id(which);
    async move { engine.drive(&id).await }
}

fn bringing<S: Saga<Event = ShopEvent>>(
    inbox: annals::runtime::Inbox<S>,
    to: &Which,
    event: &Recorded<ShopEvent>,
    post: &Post,
) -> impl Future<Output = Result<(), SagaError>> + use<S> {
    let (to, event, post) = (to.clone(), event.clone(), post.clone());
    async move {
        let key = EffectKey::of(S::NAME, event.record.id);
        if inbox.perform(&event, key).await.is_ok() {
            post.brought(&to, event.record.position);
        }
        Ok(())
    }
}
