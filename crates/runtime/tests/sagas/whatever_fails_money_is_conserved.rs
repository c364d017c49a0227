//! Random troubles, clocks, repeats and people: in the end each transfer is done or undone.

use std::time::Duration;

use annals_core::{Asked, Ending, InstanceId, SagaStatus};
use annals_runtime::{CommandBus, SagaEngine};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::bank::{accounts_in, deposits, refunds, withdrawals};
use crate::troubled::{Trouble, Troubled};
use crate::world::{Transfers, World, id};

const TRANSFERS: usize = 3;

/// What happens next, to one of the transfers.
#[derive(Debug, Clone)]
enum Happens {
    /// A process does what is due; the first command of each type goes well, is not carried out, or is
    /// carried out and not answered.
    Driven(usize, [Trial; 3]),
    /// Its event comes again.
    Repeated(usize),
    /// Somebody retries it.
    Retried(usize),
    /// So many seconds pass; where there are none, the clock goes back.
    Passed(i64),
}

#[derive(Debug, Clone, Copy)]
enum Trial {
    Well,
    Busy,
    AnswerLost,
}

impl Trial {
    fn troubles(self) -> Option<Trouble> {
        match self {
            Self::Well => None,
            Self::Busy => Some(Trouble::Busy),
            Self::AnswerLost => Some(Trouble::AnswerLost),
        }
    }
}

fn happens() -> impl Strategy<Value = Happens> {
    let trial = prop_oneof![
        Just(Trial::Well),
        Just(Trial::Busy),
        Just(Trial::AnswerLost)
    ];
    let trials = [trial.clone(), trial.clone(), trial];
    prop_oneof![
        6 => (0..TRANSFERS, trials).prop_map(|(transfer, trials)| Happens::Driven(transfer, trials)),
        1 => (0..TRANSFERS).prop_map(Happens::Repeated),
        1 => (0..TRANSFERS).prop_map(Happens::Retried),
        3 => (-5_i64..40).prop_map(Happens::Passed),
    ]
}

fn name(transfer: usize) -> String {
    format!("t{transfer}")
}

fn transfer(number: usize) -> InstanceId {
    id(&name(number))
}

/// One more process, with these in the way of its first commands.
fn engine(world: &World, [withdraw, deposit, refund]: [Trial; 3]) -> SagaEngine<Transfers> {
    let accounts = accounts_in(&world.store);
    let bus = CommandBus::new();
    let bus = bus.handling(Troubled::new(withdrawals(&accounts), withdraw.troubles()));
    let bus = bus.handling(Troubled::new(deposits(&accounts), deposit.troubles()));
    world.engine_of(bus.handling(Troubled::new(refunds(&accounts), refund.troubles())))
}

async fn take_place(world: &World, what: &Happens) {
    match what {
        Happens::Driven(number, trials) => {
            let driven = engine(world, *trials);
            driven.drive(&transfer(*number)).await.unwrap();
        }
        Happens::Repeated(number) => world.bring(&world.engine(), &name(*number)).await,
        Happens::Retried(number) => retry(world, *number).await,
        Happens::Passed(seconds) if *seconds < 0 => {
            let now = annals_core::Clock::now(&world.clock);
            world
                .clock
                .set(now - Duration::from_secs(seconds.unsigned_abs()));
        }
        Happens::Passed(seconds) => {
            world
                .clock
                .advance(Duration::from_secs(seconds.unsigned_abs()));
        }
    }
}

/// Only what is parked can be, which is for the instance to tell.
async fn retry(world: &World, number: usize) {
    let (sagas, id) = (world.sagas(), transfer(number));
    drop(sagas.ask("transfer", &id, Asked::Retry, "carol").await);
}

/// From here on all goes well, and somebody retries what is parked.
async fn finish(world: &World, number: usize) -> Ending {
    loop {
        let driven = engine(world, [Trial::Well; 3]);
        driven.drive(&transfer(number)).await.unwrap();
        match world.instance(&name(number)).await.status {
            SagaStatus::Ended(ending) => return ending,
            SagaStatus::Parked { .. } => retry(world, number).await,
            SagaStatus::Running => world.clock.advance(Duration::from_secs(2)),
        }
    }
}

/// The cents of each transfer tell which of them moved.
async fn check(happened: &[Happens]) {
    let world = World::new().await;
    for number in 0..TRANSFERS {
        world
            .begin(&world.engine(), &name(number), 1 << number)
            .await;
    }
    for what in happened {
        take_place(&world, what).await;
    }
    let mut arrived = 0;
    for number in 0..TRANSFERS {
        if finish(&world, number).await == Ending::Completed {
            arrived += 1 << number;
        }
    }
    assert_eq!(world.balances().await, (100 - arrived, arrived));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn each_transfer_is_done_once_or_undone(happened in vec(happens(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(check(&happened));
    }
}
