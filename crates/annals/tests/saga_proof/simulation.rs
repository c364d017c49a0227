//! One shop from its first order until each of them ended, all of it by the chance of one seed.
//!
//! It begins with the `opening` and goes through one `turn` after the other, then through `quiet` ones.

use std::sync::Arc;

use annals::{Append, Event, EventId, ExpectedVersion, IdSource, Metadata, ReadModels, StreamId};
use annals_testing::ManualClock;

use crate::alarms::Alarms;
use crate::at_once::AtOnce;
use crate::books::Wrong;
use crate::by_hand::ByHand;
use crate::chance::Chance;
use crate::courier::Courier;
use crate::faults::{Faults, Met};
use crate::flaw::Flaw;
use crate::judge;
use crate::observed::Observed;
use crate::process::Process;
use crate::shop::{Order, ShopEvent};

mod opening;
mod quiet;
mod turn;

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

    fn place_order(&mut self) {
        if let Some(order) = self.orders.pop() {
            let owner = order.id.clone();
            self.append(&owner, &ShopEvent::Placed { order });
        }
    }

    fn append(&self, owner: &str, event: &ShopEvent) {
        let id = EventId(self.parts.chance.next());
        let event = event.to_new(id, Metadata::default()).unwrap();
        let stream = StreamId::new("Owner", owner).unwrap();
        let append = Append::to(stream, ExpectedVersion::Any, vec![event]);
        self.parts.store.append(append).unwrap();
    }

    fn observe(&mut self) -> Result<(), Wrong> {
        for process in &mut self.processes {
            self.seen.failed += process.reap()?;
        }
        self.observed.catch_up(&self.parts.store)
    }
}
