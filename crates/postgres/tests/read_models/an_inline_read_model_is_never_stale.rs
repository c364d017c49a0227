//! A read that starts after an acknowledgement sees the append, and all before it.

use std::sync::Arc;

use annals_core::{AppendError, EventStore, ExpectedVersion, Position};
use futures_util::future::join_all;

use crate::bank::AccountEvent;
use crate::inline_bank::{InlineBank, append, append_at, deposit_of, open_inline};

const WRITERS: usize = 16;
const APPENDS: i64 = 25;

/// More than is taken in within an append.
const MANY: usize = 700;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_answered_finds_its_append_while_others_append_with_and_without_it() {
    let bank = Arc::new(InlineBank::new().await);
    let plain = Arc::new(bank.plain_store().await);
    let other = Arc::new(open_inline(&bank.database).await.unwrap());
    let writers = (0..WRITERS).map(|writer| {
        let (bank, plain, other) = (Arc::clone(&bank), Arc::clone(&plain), Arc::clone(&other));
        tokio::spawn(async move {
            let account = format!("{writer}");
            let mut expected = 0;
            for number in 1..=APPENDS {
                let deposit = deposit_of(&account, number);
                expected += number;
                match writer % 4 {
                    0 => drop(plain.append(deposit).await.unwrap()),
                    1 => drop(other.append(deposit).await.unwrap()),
                    _ => drop(bank.store.append(deposit).await.unwrap()),
                }
                if writer % 4 != 0 {
                    assert_eq!(bank.database.balance(&account).await, Some(expected));
                }
            }
        })
    });
    for done in join_all(writers).await {
        done.unwrap();
    }
    bank.store.append(deposit_of("last", 1)).await.unwrap();
    bank.judge().await;
}

#[tokio::test]
async fn what_was_recorded_before_it_was_opened_is_there() {
    let bank = InlineBank::new().await;
    let plain = bank.plain_store().await;
    for _ in 0..3 {
        plain.append(deposit_of("a", 5)).await.unwrap();
    }
    assert_eq!(bank.database.balance("a").await, None);
    let _opened = open_inline(&bank.database).await.unwrap();
    bank.judge().await;
}

#[tokio::test]
async fn events_of_several_appends_by_others_are_taken_in_before_ones_own() {
    let bank = InlineBank::new().await;
    let plain = bank.plain_store().await;
    for cents in 1..=20 {
        plain.append(deposit_of("a", cents)).await.unwrap();
        plain.append(deposit_of("b", cents)).await.unwrap();
    }
    bank.store.append(deposit_of("a", 100)).await.unwrap();
    bank.judge().await;
}

#[tokio::test]
async fn what_an_append_has_no_time_for_is_taken_in_first() {
    let bank = InlineBank::new().await;
    let plain = bank.plain_store().await;
    let many = vec![AccountEvent::Deposited { cents: 1 }; MANY];
    plain.append(append("a", &many)).await.unwrap();
    plain.append(append("b", &many)).await.unwrap();
    bank.store.append(deposit_of("a", 100)).await.unwrap();
    bank.judge().await;
}

#[tokio::test]
async fn an_event_that_is_not_asked_for_moves_the_checkpoint_alone() {
    let bank = InlineBank::new().await;
    let mut other = deposit_of("a", 5);
    other.writes[0].events[0].event_type = annals_core::EventType::new("Unknown").unwrap();
    bank.store.append(other).await.unwrap();
    bank.store.append(deposit_of("a", 5)).await.unwrap();
    assert_eq!(bank.database.balance("a").await, Some(5));
}

#[tokio::test]
async fn a_conflict_leaves_the_read_model_alone() {
    let bank = InlineBank::new().await;
    bank.store.append(deposit_of("a", 5)).await.unwrap();
    let deposit = AccountEvent::Deposited { cents: 7 };
    let late = append_at(ExpectedVersion::NoStream, "a", &[deposit]);
    let refused = bank.store.append(late).await;
    assert!(matches!(refused, Err(AppendError::Conflict { .. })));
    bank.judge().await;
}

#[tokio::test]
async fn a_repeat_is_acknowledged_and_changes_nothing() {
    let bank = InlineBank::new().await;
    let deposit = deposit_of("a", 5);
    let appended = bank.store.append(deposit.clone()).await.unwrap();
    let repeated = bank.store.append(deposit.clone()).await.unwrap();
    assert_eq!(repeated, appended);
    bank.judge().await;

    let unseen = deposit_of("a", 7);
    let appended = bank
        .plain_store()
        .await
        .append(unseen.clone())
        .await
        .unwrap();
    assert_eq!(bank.store.append(unseen).await.unwrap(), appended);
    bank.judge().await;
}

#[tokio::test]
async fn an_append_in_a_transaction_of_the_callers_own_shows_when_it_commits() {
    let bank = InlineBank::new().await;
    let mut client = bank.database.postgres.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    bank.store.append_in(&tx, deposit_of("a", 5)).await.unwrap();
    assert_eq!(bank.database.balance("a").await, None);
    tx.commit().await.unwrap();
    bank.judge().await;

    let tx = client.transaction().await.unwrap();
    bank.store.append_in(&tx, deposit_of("a", 7)).await.unwrap();
    drop(tx);
    bank.judge().await;
}

#[tokio::test]
async fn an_append_in_a_transaction_that_is_far_behind_is_unavailable_until_it_has_caught_up() {
    let bank = InlineBank::new().await;
    let many = vec![AccountEvent::Deposited { cents: 1 }; MANY];
    bank.plain_store()
        .await
        .append(append("a", &many))
        .await
        .unwrap();
    let mut client = bank.database.postgres.client().await.unwrap();
    let deposit = deposit_of("a", 100);
    let mut refusals = 0;
    let appended = loop {
        let tx = client.transaction().await.unwrap();
        match bank.store.append_in(&tx, deposit.clone()).await {
            Ok(appended) => {
                tx.commit().await.unwrap();
                break appended;
            }
            Err(AppendError::Unavailable { reason }) => {
                assert!(reason.ends_with("is catching up"), "{reason}");
                refusals += 1;
            }
            Err(refused) => panic!("{refused}"),
        }
    };
    assert!(refusals > 0, "it was far behind");
    assert_eq!(appended.last, Position(MANY as u64 + 1));
    bank.judge().await;
}
