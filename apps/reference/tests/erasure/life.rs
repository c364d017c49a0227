//! What goes on in a bank before anybody is forgotten: commands of users and on accounts, and copies of
//! what they told wherever the platform makes any.

use annals::runtime::{CutOver, RebuildOptions, RebuildPhase};
use annals::{Aggregate, StreamId};
use annals_reference::bank::Bank;
use annals_reference::users::User;
use serde_json::json;

use crate::people::{Person, everybody};
use crate::service::Service;

/// A snapshot is taken after so many events.
const MANY: usize = 100;

/// Whose history is long: one who is forgotten, and one who is not.
pub(crate) const RESTLESS: [Person; 2] = [Person(0), Person(1)];

/// Registers so many persons, and lets them use the bank.
pub(crate) async fn live(bank: &Bank, persons: usize) {
    let service = Service::of(bank.clone());
    for person in everybody(persons) {
        service.post("/users", &person.entry()).await;
        let account = json!({
            "accountId": format!("of-{}", person.id()),
            "ownerId": person.id(),
            "initialDeposit": person.0 + 1,
        });
        service.post("/accounts", &account).await;
        match person.0 % 4 {
            0 | 1 => move_to(&service, person, 1).await,
            _ => activate(&service, person).await,
        }
    }
}

/// Has a snapshot taken, a read model rebuilt and the one before kept, and one of the past looked at.
pub(crate) async fn make_copies(bank: &Bank) {
    let service = Service::of(bank.clone());
    for person in RESTLESS {
        for which in 2..=MANY {
            move_to(&service, person, which).await;
        }
    }
    bank.users().settle().await;
    for person in RESTLESS {
        assert!(has_snapshot(bank, person).await, "{person:?}");
    }
    let rebuild = bank.annals().rebuilds("users").begin(RebuildOptions {
        cut_over: CutOver::WhenComplete,
        ..RebuildOptions::default()
    });
    let ended = rebuild.end().await;
    assert!(matches!(ended.phase, RebuildPhase::CutOver(_)), "{ended:?}");
}

pub(crate) async fn has_snapshot(bank: &Bank, person: Person) -> bool {
    let stream: StreamId = User::stream(&person.id()).unwrap();
    let snapshots = bank.annals().read_models().snapshots().await.unwrap();
    snapshots.load(&stream).await.unwrap().is_some()
}

/// Forgets every other person.
pub(crate) async fn forget_half(bank: &Bank, persons: usize) {
    let service = Service::of(bank.clone());
    for person in everybody(persons).filter(|it| it.is_forgotten()) {
        let report = service
            .delete(&format!("{}/personal-data", person.path()))
            .await;
        assert_eq!(report["subject"], person.id());
    }
}

async fn move_to(service: &Service, person: Person, which: usize) {
    let moved = json!({ "newEmail": person.email(which), "updatedBy": person.id() });
    service
        .post(&format!("{}/email", person.path()), &moved)
        .await;
}

async fn activate(service: &Service, person: Person) {
    service
        .post(&format!("{}/activate", person.path()), &json!({}))
        .await;
}
