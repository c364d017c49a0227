//! One process after the other on the same database, as often as they are killed.

use std::sync::Arc;
use std::time::Duration;

use annals::embedded::EmbeddedStore;
use annals::runtime::{
    Backoff, CutOver, ProjectionHandle, RebuildError, RebuildHandle, RebuildOptions, RebuildPhase,
    RunnerOptions, rebuild, roll_back, run_projection,
};
use annals::{Edition, EventStore, Position, ReadModels, SystemClock, TableFold};

use crate::bank::{folds, record, record_unreadable};
use crate::judge::{self, Outage, answered};
use crate::life::{Blow, Life, Strike};
use crate::mortal::Mortal;
use crate::random::Random;

/// Far longer than anything takes here, unless it never comes.
const LONG: Duration = Duration::from_secs(300);

/// How many processes may be done before they are struck.
const MOST_LIVES: u32 = 4;

const AT_ONCE: Backoff = Backoff {
    first: Duration::from_micros(10),
    most: Duration::from_millis(1),
};

/// A log, and the read models of it that one process after the other keeps.
pub(crate) struct Era {
    store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
    random: Random,
}

impl Era {
    /// With an empty log.
    pub(crate) fn begin(read_models: Arc<dyn ReadModels>, seed: u64) -> Self {
        // Told only if the test fails.
        eprintln!("an era with seed {seed}");
        let store = EmbeddedStore::in_memory().unwrap();
        Self::with(Arc::new(store), read_models, seed)
    }

    /// With the log of another era.
    pub(crate) fn with(
        store: Arc<dyn EventStore>,
        read_models: Arc<dyn ReadModels>,
        seed: u64,
    ) -> Self {
        Self {
            store,
            read_models,
            random: Random::seeded(seed),
        }
    }

    /// The same, and nothing happens to the process.
    pub(crate) async fn live_unharmed(&mut self) {
        self.live("none", 1, Blow::Kill).await;
    }

    pub(crate) fn store(&self) -> &Arc<dyn EventStore> {
        &self.store
    }

    /// Something is recorded, and a process takes it in, with rivals at times, until it is struck in
    /// one of the first steps of a call, or is done. What is left is judged. Answers where it was struck,
    /// if it was.
    pub(crate) async fn live(
        &mut self,
        call: &'static str,
        most_steps: usize,
        blow: Blow,
    ) -> Option<Strike> {
        let life = Life::of(call, self.random.below(most_steps), blow);
        for _ in 0..=self.random.below(4) {
            record(&*self.store, &mut self.random).await;
        }
        if call == "park" {
            record_unreadable(&*self.store, &mut self.random).await;
        }
        let deed = self.deed(call);
        let rivals = match self.random.one_in(4) {
            true => self.process(&Life::unharmed()).start().await,
            false => Vec::new(),
        };
        let process = self.process(&life);
        tokio::select! {
            biased;
            () = life.killed() => {}
            () = process.run(deed) => {}
        }
        stop(rivals).await;
        self.judge().await;
        life.strike()
    }

    /// One process after the other lives until one is struck, in fewer and fewer first steps of the
    /// call: how many there are before it is over depends on the machine.
    pub(crate) async fn live_until_struck(
        &mut self,
        call: &'static str,
        most_steps: usize,
        blow: Blow,
    ) -> Option<Strike> {
        for fewer in 0..MOST_LIVES {
            let most_steps = (most_steps >> fewer).max(1);
            let strike = self.live(call, most_steps, blow.clone()).await;
            if strike.is_some() {
                return strike;
            }
        }
        None
    }

    /// Brings both read models to the end of the log.
    async fn catch_up(&self) {
        self.process(&Life::unharmed()).run(Deed::Nothing).await;
    }

    /// What is kept is the fold of the log, wherever the checkpoints are.
    pub(crate) async fn judge(&self) {
        let log = judge::log_of(&*self.store).await;
        judge::all_are_folds(&*self.read_models, &log).await;
    }

    /// Both read models, brought to the end of the log, are the same as what is rebuilt beside them from
    /// the first event on.
    pub(crate) async fn compare_with_a_rebuild(&self) {
        self.catch_up().await;
        let editions = self.read_models.editions().unwrap();
        for fold in folds() {
            answered(async || editions.discard(fold.name(), Edition::Candidate).await).await;
            let process = self.process(&Life::unharmed());
            let handles = process.start().await;
            let rebuild = process.rebuild(fold, CutOver::WhenTold);
            let is_compared = |phase: &RebuildPhase| matches!(phase, RebuildPhase::Compared(_));
            let compared = rebuild.wait_for(is_compared).await;
            let RebuildPhase::Compared(Some(comparison)) = compared.phase else {
                panic!("it was not compared: {:?}", compared.phase);
            };
            assert!(comparison.is_same(), "{comparison}: {comparison:?}");
            assert_eq!(comparison.position, self.store.head().await.unwrap());
            stop(handles).await;
            self.judge().await;
            rebuild.cancel();
            rebuild.end().await;
        }
    }

    fn process(&self, life: &Life) -> Process {
        Process {
            store: Arc::clone(&self.store),
            read_models: Mortal::read_models(&self.read_models, life),
        }
    }

    /// One in which there is such a call.
    fn deed(&mut self, call: &str) -> Deed {
        let [balances, statement] = folds();
        let fold = if self.random.one_in(2) {
            balances
        } else {
            statement
        };
        match (call, self.random.below(6)) {
            ("projector of an edition" | "list of letters" | "rows" | "exchange", _) | (_, 0) => {
                Deed::Rebuild(fold, CutOver::WhenSame)
            }
            (_, 1) => Deed::Rebuild(fold, CutOver::WhenComplete),
            (_, 2) => Deed::RollBack(fold),
            _ => Deed::Nothing,
        }
    }
}

/// What a process does beside keeping its read models up to date.
enum Deed {
    Nothing,
    Rebuild(TableFold, CutOver),
    RollBack(TableFold),
}

struct Process {
    store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
}

impl Process {
    /// Keeps both read models up to date until all is taken in and the deed is done.
    async fn run(&self, deed: Deed) {
        let handles = self.start().await;
        self.reach_the_end(&handles).await;
        match deed {
            Deed::Nothing => {}
            Deed::Rebuild(fold, cut_over) => is_over(&self.rebuild(fold, cut_over)).await,
            Deed::RollBack(fold) => self.roll_back(&fold).await,
        }
        self.reach_the_end(&handles).await;
        stop(handles).await;
    }

    async fn start(&self) -> Vec<ProjectionHandle> {
        let mut handles = Vec::new();
        for fold in folds() {
            let bind = async || self.read_models.projector(fold.clone()).await;
            let projector = answered(bind).await;
            let options = RunnerOptions {
                max_batch: 3.try_into().unwrap(),
                event_attempts: 1,
                backoff: AT_ONCE,
                ..RunnerOptions::default()
            };
            handles.push(run_projection(Arc::clone(&self.store), projector, options));
        }
        handles
    }

    async fn reach_the_end(&self, handles: &[ProjectionHandle]) {
        let head: Position = self.store.head().await.unwrap();
        for handle in handles {
            handle.wait_for(head, LONG).await.unwrap();
        }
    }

    fn rebuild(&self, fold: TableFold, cut_over: CutOver) -> RebuildHandle {
        let options = RebuildOptions {
            max_batch: 4.try_into().unwrap(),
            cut_over,
            sample: 1_000_000,
            backoff: AT_ONCE,
            ..RebuildOptions::default()
        };
        let (store, read_models) = (Arc::clone(&self.store), Arc::clone(&self.read_models));
        rebuild(store, read_models, fold, options)
    }

    async fn roll_back(&self, fold: &TableFold) {
        match roll_back(&self.store, &*self.read_models, fold, &SystemClock).await {
            Ok(_) | Err(RebuildError::NothingToGoBackTo) => {}
            // Tried once, by a person who would try again.
            Err(error) if error.is_outage() => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn is_over(rebuild: &RebuildHandle) {
    let differs = |phase: &RebuildPhase| match phase {
        RebuildPhase::Compared(Some(comparison)) => !comparison.is_same(),
        _ => false,
    };
    let ended = rebuild.wait_for(differs).await;
    match ended.phase {
        RebuildPhase::CutOver(_) => {}
        RebuildPhase::Failed(error) if error.is_outage() => {}
        other => panic!("a rebuild must not end as {other:?}"),
    }
}

async fn stop(handles: Vec<ProjectionHandle>) {
    for handle in handles {
        handle.stop().await;
    }
}
