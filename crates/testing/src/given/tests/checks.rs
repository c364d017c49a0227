//! Each check convicts a projection that is wrong in its way, and no other one.

use super::account::{AccountEvent, Balance};
use super::wrong::{KnownInMemory, LastAccount, SeenOnce, Statement, UniqueAmount};
use super::{deposited, withdrawn};
use crate::given::{GivenEvents, Happened, given_events, given_events_for_tables, happened};

/// Between its second and third event both accounts have the same.
fn payments() -> [Happened<AccountEvent>; 4] {
    [
        happened("Account-a", deposited(5)),
        happened("Account-b", deposited(5)),
        happened("Account-a", withdrawn(1)),
        happened("Account-b", withdrawn(3)),
    ]
}

/// So many payments that not every order of them can be tried.
fn many_payments() -> impl Iterator<Item = Happened<AccountEvent>> {
    let accounts = ["Account-a", "Account-b", "Account-c"].into_iter().cycle();
    accounts
        .take(15)
        .map(|account| happened(account, deposited(1)))
}

fn pass_every_check(given: GivenEvents) {
    given
        .under_every_batching()
        .with_restarts_at_every_step()
        .with_repeats()
        .reordered_across_streams();
}

#[test]
fn a_right_projection_passes_every_check() {
    pass_every_check(given_events::<Balance>(payments()));
    pass_every_check(given_events::<Balance>(many_payments()));
    pass_every_check(given_events::<Balance>([]));
    let of_one_account = payments().into_iter().step_by(2);
    pass_every_check(given_events_for_tables::<Statement>(of_one_account));
}

#[test]
#[should_panic(
    expected = "unique in amounts_by_amount; it is taken by amounts [\"a\"] amount 5, in batches of [2, 2]"
)]
fn what_is_unique_only_after_a_batch_is_convicted_by_batching() {
    given_events::<UniqueAmount>(payments())
        .reordered_across_streams()
        .under_every_batching();
}

#[test]
#[should_panic(expected = "\
other rows with restarts between [1, 3] events
(- expected, + actual)
- withdrawals [\"a\"] count 1
+ withdrawals [\"a\"] count 0
  withdrawals [\"b\"] count 1
")]
fn what_is_kept_in_memory_is_convicted_by_restarts() {
    given_events::<KnownInMemory>(payments())
        .under_every_batching()
        .with_repeats()
        .reordered_across_streams()
        .with_restarts_at_every_step();
}

#[test]
#[should_panic(expected = "\
other rows when each event comes again
(- expected, + actual)
- counts [\"a\"] count 2
- counts [\"b\"] count 2
")]
fn what_passes_over_a_second_try_is_convicted_by_repeats() {
    given_events::<SeenOnce>(payments())
        .under_every_batching()
        .with_restarts_at_every_step()
        .reordered_across_streams()
        .with_repeats();
}

#[test]
#[should_panic(
    expected = "other rows in the order Account-a, Account-b, Account-b, Account-a (seed 7)"
)]
fn what_depends_on_the_order_across_streams_is_convicted_by_reordering() {
    given_events::<LastAccount>(payments())
        .under_every_batching()
        .with_restarts_at_every_step()
        .with_repeats()
        .reordered_by(7);
}

#[test]
#[should_panic(expected = "(seed 7)")]
fn an_order_is_found_among_many_too() {
    given_events::<LastAccount>(many_payments()).reordered_by(7);
}
