//! A command of the bus under an idempotency key is replied to once and for all.

use annals_core::{EventStore, Position};
use annals_runtime::{CommandContext, CommandFault, Rejection};

use crate::account::{InsufficientFunds, new_store, under_key};
use crate::account_bus::{bus_to, deposit, withdraw};

#[tokio::test]
async fn it_is_made_of_the_state_after_the_first_time_whatever_happened_since() {
    let store = new_store();
    let bus = bus_to(&store);
    let first = deposit(&bus, 5, under_key("k", "x")).await;
    assert_eq!(first.unwrap(), 5);
    deposit(&bus, 70, CommandContext::default()).await.unwrap();
    // As after a restart: nothing but the store is left.
    for bus in [&bus, &bus_to(&store)] {
        let again = deposit(bus, 5, under_key("k", "x")).await;
        assert_eq!(again.unwrap(), 5);
    }
    assert_eq!(store.head().await.unwrap(), Position(2));
}

#[tokio::test]
async fn a_refusal_is_the_same_also_when_it_would_be_accepted_by_now() {
    let store = new_store();
    let bus = bus_to(&store);
    let refusal = InsufficientFunds { balance: 0 };
    let first = withdraw(&bus, 5, under_key("k", "x")).await;
    assert!(matches!(first, Err(CommandFault::Refused(found)) if found == refusal));
    deposit(&bus, 70, CommandContext::default()).await.unwrap();
    let again = withdraw(&bus, 5, under_key("k", "x")).await;
    assert!(matches!(again, Err(CommandFault::Refused(found)) if found == refusal));
}

#[tokio::test]
async fn another_command_under_the_key_is_rejected() {
    let bus = bus_to(&new_store());
    deposit(&bus, 5, under_key("k", "x")).await.unwrap();
    let other = deposit(&bus, 6, under_key("k", "y")).await.unwrap_err();
    let key = "k".to_owned();
    assert!(matches!(
        other,
        CommandFault::Rejected(found) if found == Rejection::KeyReused { key }
    ));
}
