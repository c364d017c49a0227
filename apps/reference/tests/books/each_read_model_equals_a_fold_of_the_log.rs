//! Whenever one looks, each read model holds exactly what the events up to its checkpoint add up
//! to: while commands go on, after a stop, after a restart.

use crate::ledger::assert_agrees;
use crate::place::{NewPlace, in_each_place};
use crate::tables::{READ_MODELS, Tables};
use annals::runtime::{CommandContext, ExecuteError};
use annals_reference::bank::Bank;
use annals_reference::traffic::Traffic;

const SEED: u64 = 20_240_115;
const ACCOUNTS: usize = 40;
const STOPS: usize = 12;
const COMMANDS_BETWEEN_STOPS: usize = 90;

in_each_place![at_random_stops_every_row_is_what_the_log_says];

async fn at_random_stops_every_row_is_what_the_log_says(place: NewPlace) {
    let tables = Tables::of(&place).await;
    let mut traffic = Traffic::seeded(SEED, "acc", ACCOUNTS);
    let mut refused = 0;
    for stop in 0..STOPS {
        let bank = Bank::open(&place.place()).await.unwrap();
        let commands = 1 + (stop * 7_919) % COMMANDS_BETWEEN_STOPS;
        for (number, order) in traffic.by_ref().take(commands).enumerate() {
            let context = CommandContext::default();
            match bank
                .execute(&order.account_id, order.command, context)
                .await
            {
                Ok(_) => {}
                Err(ExecuteError::Refused(_)) => refused += 1,
                Err(other) => panic!("seed {SEED}: {other}"),
            }
            // In the midst of it, wherever the projections happen to be.
            if number % 17 == 0 {
                let name = READ_MODELS[number % READ_MODELS.len()];
                assert_agrees(&**bank.annals().store(), &tables, name).await;
            }
        }
        bank.stop().await;
        for name in READ_MODELS {
            assert_agrees(&**bank.annals().store(), &tables, name).await;
        }
    }
    assert!(refused > 0, "seed {SEED}: the traffic holds refusals");
}
