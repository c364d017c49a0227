//! Watchers of every kind on one store, while it is written to.

use std::sync::Arc;

use annals_core::{Append, Delivery, EventStore, Position, Query, QueryItem, Source, Subscription};
use tokio::sync::{Semaphore, watch};

use super::{Broken, History, Watch};
use crate::conformance::{Random, in_parallel, sample};

/// How often a watcher that reconnects does so while as much comes as was recorded, about.
const RECONNECTIONS: usize = 40;

/// How a store is watched.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Makes the same history and the same watchers.
    pub seed: u64,
    /// How many events there are when the watchers begin, at least.
    pub before: usize,
    /// How many are recorded, at least, once watchers have caught up.
    pub live: usize,
    /// How many watchers there are for each filter and each manner of watching.
    pub rounds: usize,
}

/// What watchers were given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many watchers there were.
    pub watchers: usize,
    /// How many events and marks came to all of them.
    pub deliveries: usize,
    /// How many watchers were given an event after they had caught up.
    pub live: usize,
    /// How often a watcher began again.
    pub resumed: usize,
}

/// How a watcher takes what it is given.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// It keeps one subscription, and catches up before the rest is recorded.
    Stays,
    /// It takes one delivery, and the next one after all is recorded.
    Lags,
    /// It begins again every now and then.
    Reconnects,
}

const MANNERS: [Manner; 3] = [Manner::Stays, Manner::Lags, Manner::Reconnects];

impl Plan {
    /// Records a history in an empty store, and lets watchers of every kind see all of it.
    ///
    /// # Errors
    /// [`Broken`]: the first promise that was seen broken.
    ///
    /// # Panics
    /// When the store refuses something. Where it falls silent this waits for ever: how long a slow
    /// machine takes for millions of deliveries is not known.
    pub async fn carry_out(self, store: Arc<dyn EventStore>) -> Result<Tally, Broken> {
        let history = Arc::new(History::random(self.seed, self.before + self.live));
        let (before, live) = self.split(history.appends());
        record(&*store, before).await;
        let watchers = self.watchers(&history);
        let staying = watchers.iter().filter(|watcher| watcher.stays()).count();
        let stage = Arc::new(Stage::new());
        let watching = watchers.into_iter().map(|watcher| {
            let (store, stage) = (Arc::clone(&store), Arc::clone(&stage));
            watcher.watch(store, stage)
        });
        let recording = async {
            stage.until_caught_up(staying).await;
            record(&*store, live).await;
            stage.all_recorded.send_replace(true);
        };
        let (tallies, ()) = tokio::join!(in_parallel(watching), recording);
        let mut sum = Tally::default();
        for tally in tallies {
            sum.add(tally?);
        }
        Ok(sum)
    }

    /// What is recorded before the watchers begin, and what once they have caught up.
    fn split(self, appends: &[Append]) -> (&[Append], &[Append]) {
        let mut events = 0;
        let before = appends.iter().take_while(|append| {
            let is_before = events < self.before;
            events += append.events().count();
            is_before
        });
        appends.split_at(before.count())
    }

    fn watchers(self, history: &Arc<History>) -> Vec<Watcher> {
        let mut watchers = Vec::new();
        for source in sources() {
            let watch = Watch::new(history, source);
            for _ in 0..self.rounds {
                for manner in MANNERS {
                    let number = watchers.len() as u64;
                    watchers.push(Watcher {
                        watch: watch.clone(),
                        last: history.last(),
                        manner,
                        most_at_once: 2 * (self.before + self.live).div_ceil(RECONNECTIONS),
                        random: Random::seeded(self.seed.wrapping_add(number)),
                        tally: Tally::default(),
                    });
                }
            }
        }
        watchers
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.watchers += other.watchers;
        self.deliveries += other.deliveries;
        self.live += other.live;
        self.resumed += other.resumed;
    }
}

/// What watchers and whoever records know of each other.
struct Stage {
    /// A permit for each watcher that stays and has caught up.
    caught_up: Semaphore,
    all_recorded: watch::Sender<bool>,
}

impl Stage {
    fn new() -> Self {
        Self {
            caught_up: Semaphore::new(0),
            all_recorded: watch::Sender::new(false),
        }
    }

    async fn until_caught_up(&self, watchers: usize) {
        let watchers = u32::try_from(watchers).expect("there are not so many watchers");
        let all = self.caught_up.acquire_many(watchers);
        // Closed when a watcher has seen enough: then nobody is waited for.
        let _all = all.await;
    }

    async fn until_all_is_recorded(&self) {
        let mut recorded = self.all_recorded.subscribe();
        let is_recorded = recorded.wait_for(|is_recorded| *is_recorded).await;
        is_recorded.expect("the stage outlives its watchers");
    }
}

struct Watcher {
    watch: Watch,
    /// It is over when it has caught up to here.
    last: Position,
    manner: Manner,
    /// Most deliveries before it reconnects, if it does.
    most_at_once: usize,
    random: Random,
    tally: Tally,
}

impl Watcher {
    fn stays(&self) -> bool {
        matches!(self.manner, Manner::Stays)
    }

    async fn watch(
        mut self,
        store: Arc<dyn EventStore>,
        stage: Arc<Stage>,
    ) -> Result<Tally, Broken> {
        let seen = self.watch_to_end(&*store, &stage).await;
        if seen.is_err() {
            stage.caught_up.close();
        }
        self.tally.watchers = 1;
        seen.map(|()| self.tally)
    }

    async fn watch_to_end(&mut self, store: &dyn EventStore, stage: &Stage) -> Result<(), Broken> {
        let mut has_caught_up = false;
        let mut subscription = self.subscribe(store).await?;
        let mut left = self.deliveries_before_a_break();
        loop {
            let delivery = subscription.next().await;
            let delivery = delivery.unwrap_or_else(|error| panic!("a subscription ended: {error}"));
            self.watch.note(&delivery)?;
            self.tally.deliveries += 1;
            match delivery {
                Delivery::CaughtUp(mark) if mark == self.last => return Ok(()),
                Delivery::CaughtUp(_) if !has_caught_up => {
                    has_caught_up = true;
                    stage.caught_up.add_permits(usize::from(self.stays()));
                }
                Delivery::Event(_) if has_caught_up => self.tally.live = 1,
                _ => {}
            }
            left -= 1;
            if left > 0 {
                continue;
            }
            match self.manner {
                Manner::Lags => stage.until_all_is_recorded().await,
                _ => subscription = self.subscribe(store).await?,
            }
            left = self.deliveries_before_a_break();
        }
    }

    async fn subscribe(&mut self, store: &dyn EventStore) -> Result<Subscription, Broken> {
        self.tally.resumed += usize::from(self.tally.deliveries > 0);
        let subscription = store.subscribe(self.watch.resume()?).await;
        Ok(subscription.unwrap_or_else(|error| panic!("a subscription was refused: {error}")))
    }

    fn deliveries_before_a_break(&mut self) -> usize {
        match (self.manner, self.tally.deliveries) {
            (Manner::Reconnects, _) => 1 + self.random.below(self.most_at_once),
            (Manner::Lags, 0) => 1,
            _ => usize::MAX,
        }
    }
}

/// A filter of every kind.
fn sources() -> Vec<Source> {
    let item = QueryItem::default;
    let (opened, closed) = (sample::event_type("Opened"), sample::event_type("Closed"));
    let (urgent, red) = (sample::tag("urgent"), sample::tag("red"));
    let queries = [
        item().categories(["Account"]),
        item().types([closed]),
        item().tags([urgent.clone()]),
        item().categories(["Order", "Parcel"]).tags([urgent, red]),
    ];
    let either = [item().categories(["Parcel"]), item().types([opened])];
    let mut sources = vec![Source::all(), Source::query(Query::any_of(either))];
    sources.extend(queries.map(|item| Source::query(Query::any_of([item]))));
    sources.push(Source::stream(sample::stream("Account-7")));
    sources
}

async fn record(store: &dyn EventStore, appends: &[Append]) {
    for append in appends {
        let appended = store.append(append.clone()).await;
        appended.unwrap_or_else(|error| panic!("an append was refused: {error}"));
    }
}
