//! One shop from its first order until each of them ended, all of it by the chance of one seed.

use std::sync::Arc;
use std::time::Duration;

use annals::sqlite::Database;
use annals::{
    Append, Clock, Event, EventId, EventStore, ExpectedVersion, IdSource, Metadata, ReadModels,
    StreamId, Timestamp,
};
use annals_testing::ManualClock;

use crate::alarms::Alarms;
use crate::at_once::AtOnce;
use crate::books::Wrong;
use crate::by_hand::ByHand;
use crate::chance::Chance;
use crate::courier::Courier;
use crate::faults::{Faults, Met};
use crate::faulty_store::FaultyStore;
use crate::flaw::Flaw;
use crate::judge;
use crate::observed::{Observed, Which};
use crate::operator::{cancel, compensate, sees_to, skip};
use crate::process::Process;
use crate::shop::{Line, Order, ShopEvent};

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Each is worked on by two sagas.
    pub(crate) orders: usize,
    pub(crate) flaw: Flaw,
}

/// What all processes share.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) store: AtOnce,
    pub(crate) chance: Chance,
    pub(crate) faults: Faults,
    pub(crate) flaw: Flaw,
    pub(crate) clock: ManualClock,
    pub(crate) courier: Courier,
}

/// What was seen on the way.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) completed: u64,
    pub(crate) compensated: u64,
    pub(crate) cancelled: u64,
    pub(crate) parkings: u64,
    pub(crate) positions: u64,
    pub(crate) in_vain: u64,
    pub(crate) kills: u64,
    /// How many things processes were at when they were killed.
    pub(crate) cut: u64,
    /// How many things they gave up.
    pub(crate) failed: u64,
    pub(crate) pauses: u64,
    pub(crate) repeats: u64,
    pub(crate) skips: u64,
    pub(crate) met: Met,
    pub(crate) trace: Vec<String>,
}

/// Turns in which there are faults.
const TURNS: usize = 60;

/// Turns after which all have ended or are parked, once there are no faults; each lasts five seconds.
const QUIET_TURNS: usize = 100;

const CUSTOMERS: usize = 5;
const PRODUCTS: usize = 4;

struct Simulation {
    parts: Parts,
    read_models: Arc<dyn ReadModels>,
    processes: [Process; 2],
    /// A process without faults, for a person who decides.
    office: Process,
    by_hand: ByHand,
    observed: Observed,
    /// Orders that are not placed yet.
    orders: Vec<Order>,
    seen: Seen,
}

/// Simulates a shop on a store that is empty.
pub(crate) fn simulate(store: AtOnce, plan: Plan) -> Result<Seen, Wrong> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.unwrap();
    Alarms::heard(|alarms| {
        let seen = runtime.block_on(async {
            let mut simulation = Simulation::open(store, plan).await;
            simulation.run().await
        })?;
        judge::alarms_were_heard(alarms, &seen)?;
        Ok(seen)
    })
}

impl Simulation {
    async fn open(store: AtOnce, plan: Plan) -> Self {
        let chance = Chance::seeded(plan.seed);
        let parts = Parts {
            faults: Faults::drawn_from(&chance),
            chance,
            flaw: plan.flaw,
            clock: ManualClock::at(Timestamp::UNIX_EPOCH),
            courier: Courier::default(),
            store,
        };
        let read_models = Database::in_memory().await.unwrap();
        let read_models: Arc<dyn ReadModels> = Arc::new(read_models);
        let calm = parts.without_faults();
        let calm_store: Arc<dyn EventStore> =
            FaultyStore::new(&calm.store, &calm.chance, &calm.faults, Flaw::None);
        let simulation = Self {
            processes: [(); 2].map(|()| Process::start(&parts, &read_models)),
            office: Process::start(&calm, &read_models),
            by_hand: ByHand::new(&calm_store, &parts.courier),
            observed: Observed::default(),
            orders: (0..plan.orders).map(|n| order(n, &parts.chance)).collect(),
            seen: Seen::default(),
            read_models,
            parts,
        };
        simulation.open_shop();
        simulation
    }

    /// Everybody has something, and products are scarce.
    fn open_shop(&self) {
        let goods = i64::try_from(self.orders.len()).unwrap();
        let customers = (0..CUSTOMERS).map(|n| (format!("customer {n}"), 60 * goods));
        let products = (0..PRODUCTS).map(|n| (format!("product {n}"), goods));
        let till = [("till".to_owned(), 0)];
        for (owner, amount) in customers.chain(products).chain(till) {
            self.append(&owner, &ShopEvent::Opened { amount });
        }
    }

    fn append(&self, owner: &str, event: &ShopEvent) {
        let id = EventId(self.parts.chance.next());
        let event = event.to_new(id, Metadata::default()).unwrap();
        let stream = StreamId::new("Owner", owner).unwrap();
        let append = Append::to(stream, ExpectedVersion::Any, vec![event]);
        self.parts.store.append(append).unwrap();
    }

    async fn run(&mut self) -> Result<Seen, Wrong> {
        for _ in 0..TURNS {
            self.turn().await?;
        }
        self.end_faults();
        self.until(judge::all_at_rest).await?;
        judge::parked_are_told_of(&self.observed)?;
        self.until_all_ended().await?;
        // What is overdue arrives.
        for _ in 0..5 {
            self.quiet_turn().await?;
        }
        judge::each_ended_well(&self.observed, &self.parts.courier)?;
        Ok(self.seen())
    }

    fn seen(&mut self) -> Seen {
        let mut seen = std::mem::take(&mut self.seen);
        (seen.completed, seen.compensated, seen.cancelled) = judge::endings(&self.observed);
        seen.parkings = self.observed.parkings;
        seen.positions = self.observed.books.positions;
        seen.in_vain = self.observed.in_vain;
        seen.met = self.parts.faults.met();
        seen.trace = std::mem::take(&mut self.observed.trace);
        seen
    }

    async fn turn(&mut self) -> Result<(), Wrong> {
        for _ in 0..self.parts.chance.below(6) {
            self.place_order();
        }
        self.disturb();
        self.bring();
        self.drive();
        self.decide().await?;
        self.pass_time();
        self.let_run().await;
        self.observe()
    }

    fn place_order(&mut self) {
        if let Some(order) = self.orders.pop() {
            let owner = order.id.clone();
            self.append(&owner, &ShopEvent::Placed { order });
        }
    }

    /// Processes are killed, paused, and go on.
    fn disturb(&mut self) {
        let chance = self.parts.chance.clone();
        let at = chance.below(2);
        match chance.below(20) {
            0 => self.restart(at),
            1 => {
                self.processes[at].set_running(false);
                self.seen.pauses += 1;
            }
            2 | 3 => self.processes[at].set_running(true),
            _ => {}
        }
    }

    fn restart(&mut self, at: usize) {
        self.seen.kills += 1;
        self.seen.cut += self.processes[at].busy() as u64;
        self.processes[at] = Process::start(&self.parts, &self.read_models);
        if self.parts.flaw == Flaw::RowsAreForgotten {
            self.observed.forget_rows();
        }
    }

    /// Events come to either process, or to both; some come again.
    fn bring(&mut self) {
        let chance = self.parts.chance.clone();
        for (to, event) in self.observed.post.next() {
            if chance.one_in(3) {
                continue;
            }
            self.processes[chance.below(2)].bring(&to, &event, &self.observed.post);
            if self.parts.flaw == Flaw::CheckpointComesFirst {
                self.observed.post.brought(&to, event.record.position);
            }
        }
        if let Some((to, event)) = self.observed.post.any_before(&chance)
            && chance.one_in(2)
        {
            self.seen.repeats += 1;
            self.processes[chance.below(2)].bring(&to, &event, &self.observed.post);
        }
    }

    fn drive(&mut self) {
        let chance = self.parts.chance.clone();
        for which in self.observed.due(self.parts.clock.now()) {
            for process in &mut self.processes {
                if chance.one_in(2) {
                    process.drive(&which);
                }
            }
        }
    }

    /// Somebody decides for one that is parked, or has one undone for which there is no way back.
    async fn decide(&mut self) -> Result<(), Wrong> {
        let chance = self.parts.chance.clone();
        let parked = self.observed.parked();
        if !parked.is_empty() && chance.one_in(2) {
            let which = &parked[chance.below(parked.len())];
            match chance.below(12) {
                0 => self.ask(which, compensate()),
                1 if chance.one_in(3) => self.ask(which, cancel()),
                2..=4 => self.skip(which).await?,
                _ => self.ask(which, annals::Asked::Retry),
            }
        }
        let late = self.observed.past_the_pivot();
        if !late.is_empty() {
            self.ask(&late[chance.below(late.len())], compensate());
        }
        Ok(())
    }

    fn ask(&mut self, which: &Which, asked: annals::Asked) {
        let at = self.parts.chance.below(2);
        self.processes[at].ask(which, asked);
    }

    /// Somebody sees to what failed, and says so.
    async fn skip(&mut self, which: &Which) -> Result<(), Wrong> {
        self.observe()?;
        if self.observed.is_parked(which) && sees_to(which, &self.observed, &self.by_hand).await? {
            self.seen.skips += 1;
            self.office.ask_now(which, skip()).await?;
        }
        Ok(())
    }

    /// The clock goes on, stands, jumps or goes back.
    fn pass_time(&self) {
        let (chance, clock) = (&self.parts.chance, &self.parts.clock);
        match chance.below(16) {
            0..4 => {}
            4 => clock.advance(Duration::from_secs(3_600)),
            5 => clock.set(clock.now() - Duration::from_secs(1_800)),
            6..10 => clock.advance(Duration::from_millis(300)),
            _ => clock.advance(Duration::from_secs(4)),
        }
    }

    /// Tasks go on by some steps, and time by as much as they wait for.
    async fn let_run(&self) {
        let chance = &self.parts.chance;
        for _ in 0..chance.below(60) {
            tokio::task::yield_now().await;
        }
        let millis = chance.pick(&[0, 20, 200, 1_000, 4_000]);
        tokio::time::advance(Duration::from_millis(millis)).await;
    }

    fn observe(&mut self) -> Result<(), Wrong> {
        for process in &mut self.processes {
            self.seen.failed += process.reap()?;
        }
        self.observed.catch_up(&self.parts.store)
    }

    fn end_faults(&mut self) {
        self.parts.faults.end();
        // Past all that was due by a clock that went back since.
        self.parts.clock.advance(Duration::from_secs(24 * 3_600));
        while !self.orders.is_empty() {
            self.place_order();
        }
        for process in &self.processes {
            process.set_running(true);
        }
    }

    /// All that is due is done.
    async fn quiet_turn(&mut self) -> Result<(), Wrong> {
        for (to, event) in self.observed.post.next() {
            self.processes[0].bring(&to, &event, &self.observed.post);
        }
        for which in self.observed.due(self.parts.clock.now()) {
            self.processes[1].drive(&which);
        }
        for _ in 0..60 {
            tokio::task::yield_now().await;
        }
        tokio::time::advance(Duration::from_secs(5)).await;
        self.parts.clock.advance(Duration::from_secs(5));
        self.observe()
    }

    async fn until(&mut self, is_so: fn(&Observed) -> Result<(), Wrong>) -> Result<(), Wrong> {
        for _ in 0..QUIET_TURNS {
            self.quiet_turn().await?;
            if is_so(&self.observed).is_ok() {
                return Ok(());
            }
        }
        is_so(&self.observed)
    }

    /// Somebody has what is parked tried again, and ends what can go on no more.
    async fn until_all_ended(&mut self) -> Result<(), Wrong> {
        for _ in 0..QUIET_TURNS {
            for which in self.observed.parked() {
                self.office.ask_now(&which, annals::Asked::Retry).await?;
            }
            for which in judge::waiting_in_vain(&self.observed) {
                self.office.ask_now(&which, cancel()).await?;
            }
            self.quiet_turn().await?;
            if judge::all_ended(&self.observed).is_ok() {
                return Ok(());
            }
        }
        judge::all_ended(&self.observed)
    }
}

impl Parts {
    fn without_faults(&self) -> Self {
        let faults = Faults::drawn_from(&self.chance);
        faults.end();
        Self {
            faults,
            flaw: Flaw::None,
            ..self.clone()
        }
    }
}

fn order(number: usize, chance: &Chance) -> Order {
    let first = chance.below(PRODUCTS);
    let second = (first + 1 + chance.below(PRODUCTS - 1)) % PRODUCTS;
    let line = |product: usize| Line {
        product: format!("product {product}"),
        quantity: i64::try_from(1 + chance.below(3)).unwrap(),
    };
    Order {
        id: format!("order {number}"),
        customer: format!("customer {}", chance.below(CUSTOMERS)),
        price: i64::try_from(100 + chance.below(400)).unwrap(),
        lines: [line(first), line(second)],
    }
}
