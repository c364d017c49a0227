//! Balances, histories, summaries and persons are the same, however what happened is stored.

use std::collections::BTreeMap;

use annals::Timestamp;
use annals_reference::bank::Bank;
use annals_reference::place::Place;
use annals_testing::ManualClock;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::answers::all_answers;
use crate::fixture;
use crate::once::write_once;
use crate::schema::url_of_a_new_schema;
use crate::service::Service;
use crate::today::ask_for_all;

/// What the service of today tells of what was asked of it.
async fn answers_of_today() -> BTreeMap<String, Value> {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let bank = Bank::open_by(clock.clone(), &Place::Memory).await.unwrap();
    ask_for_all(&bank, &clock).await;
    all_answers(&bank).await
}

#[track_caller]
fn assert_same(old: &BTreeMap<String, Value>, today: &BTreeMap<String, Value>) {
    assert!(old.keys().eq(today.keys()));
    for (path, answer) in old {
        assert_eq!(answer, &today[path], "{path}");
    }
}

/// The fixture holds shapes that no code writes any more, in the files that a release wrote.
#[tokio::test]
async fn the_store_that_was_kept_answers_as_one_of_today() {
    let directory = fixture::unpacked();
    let bank = Bank::open(&Place::directory(directory.path()))
        .await
        .unwrap();
    assert_same(&all_answers(&bank).await, &answers_of_today().await);
    bank.stop().await;
}

#[tokio::test]
async fn the_store_that_was_kept_goes_on() {
    let directory = fixture::unpacked();
    let bank = Bank::open(&Place::directory(directory.path()))
        .await
        .unwrap();
    let service = Service::of(bank.clone());
    let moved = json!({ "newEmail": "grace@example.com" });
    for user in ["sealed", "plain"] {
        service.post(&format!("/users/{user}/email"), &moved).await;
        let known = service.get(&format!("/users/{user}")).await;
        assert_eq!(known["email"], "grace@example.com");
    }
    let withdrawal = json!({ "amount": "74.80" });
    let withdrawn = service.post("/accounts/old/withdraw", &withdrawal).await;
    assert_eq!(withdrawn["newBalance"]["value"], "0.00");
    bank.stop().await;
}

#[tokio::test]
async fn who_had_no_name_has_none_today() {
    let directory = fixture::unpacked();
    let bank = Bank::open(&Place::directory(directory.path()))
        .await
        .unwrap();
    let known = Service::of(bank.clone()).get("/users/nameless").await;
    assert_eq!(
        (&known["firstName"], &known["lastName"]),
        (&json!(""), &json!(""))
    );
    bank.stop().await;
}

/// Sealed values open only where they were sealed for, so the same program writes them there.
#[tokio::test]
async fn a_database_of_old_shapes_answers_as_one_of_today() {
    let keys = TempDir::new().unwrap();
    let place = Place::Postgres {
        url: url_of_a_new_schema(),
        root_keys: keys.path().join("root"),
    };
    let bank = Bank::open(&place).await.unwrap();
    write_once(&bank).await;
    assert_same(&all_answers(&bank).await, &answers_of_today().await);
    bank.stop().await;
}
