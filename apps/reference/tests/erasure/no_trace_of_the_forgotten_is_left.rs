//! Nothing that a person told stands in the open in any file or in any line that is logged, neither
//! before nor after they were forgotten; and once they were, nobody can open it any more.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use annals::postgres::Postgres;
use annals::runtime::AsOf;
use annals::sqlite::KeyDatabase;
use annals::{KeyStore, StoredKey};
use annals_reference::bank::Bank;
use annals_reference::place::Place;
use annals_reference::users::{UserId, UserRow};
use annals_servers::{ClusterOptions, PostgresCluster};
use serde_json::Value;
use tempfile::TempDir;

use crate::life::{RESTLESS, forget_half, has_snapshot, live, make_copies};
use crate::log;
use crate::people::{MARK, Person, everybody};
use crate::scan::{files_with_the_mark, has_the_mark};
use crate::service::Service;

const PERSONS: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn in_a_directory() {
    log::keep();
    let directory = TempDir::new().unwrap();
    let bank = Bank::open(&Place::directory(directory.path()))
        .await
        .unwrap();
    live(&bank, PERSONS).await;
    make_copies(&bank).await;
    assert_no_mark_below(directory.path());
    assert_only_the_forgotten_are_erased(&bank).await;
    assert_no_mark_below(directory.path());
    bank.stop().await;
    drop(bank);
    assert_no_mark_below(directory.path());
    let keys = KeyDatabase::open(directory.path().join("keys/keys.db")).await;
    assert_keys_are_destroyed(&keys.unwrap()).await;
    assert_nothing_was_logged();
}

/// The server logs each statement with its parameters, and files of the database hold what was deleted.
#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    log::keep();
    let (directory, root_keys) = (folder_for_anyone(), TempDir::new().unwrap());
    let data = directory.path().join("data");
    let options = ClusterOptions::new()
        .data(&data)
        .setting("logging_collector", "on")
        .setting("log_directory", "pg_log")
        .setting("log_statement", "all")
        .setting("log_parameter_max_length", "-1");
    let cluster = PostgresCluster::start_with(options).unwrap();
    let place = Place::Postgres {
        url: cluster.url().into(),
        root_keys: root_keys.path().join("root"),
    };
    let bank = Bank::open(&place).await.unwrap();
    live(&bank, PERSONS).await;
    make_copies(&bank).await;
    assert_only_the_forgotten_are_erased(&bank).await;
    bank.stop().await;
    drop(bank);
    let postgres = Postgres::connect(&cluster.url()).await.unwrap();
    let client = postgres.client().await.unwrap();
    client.rows("checkpoint", &[]).await.unwrap();
    assert_no_mark_below(&data);
    assert_no_mark_below(root_keys.path());
    assert_nothing_was_logged();
}

fn folder_for_anyone() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

/// Forgets half of them, and looks at all.
async fn assert_only_the_forgotten_are_erased(bank: &Bank) {
    let before = told(bank).await;
    for (person, told) in everybody(PERSONS).zip(&before) {
        assert!(told.contains(&person.says("last name")), "{person:?}");
    }
    let head = bank.head().await.unwrap();
    let past = bank
        .annals()
        .read_model_as_of("users", AsOf::Position(head));
    let past = past.await.unwrap();
    forget_half(bank, PERSONS).await;
    let after = told(bank).await;
    for (number, person) in everybody(PERSONS).enumerate() {
        match person.is_forgotten() {
            true => assert!(
                !after[number].contains(MARK),
                "{person:?}: {}",
                after[number]
            ),
            false => assert_eq!(after[number], before[number], "{person:?}"),
        }
        assert_replays(bank, person).await;
    }
    let rebuilds = bank.annals().rebuilds("users");
    rebuilds.roll_back().await.unwrap();
    assert_eq!(told(bank).await, after, "in the edition that was kept");
    for person in RESTLESS {
        assert_eq!(has_snapshot(bank, person).await, !person.is_forgotten());
    }
    for person in RESTLESS {
        let user: UserId = person.id().parse().unwrap();
        let copy = past.table::<UserRow>().get(&user).await;
        let mut email = copy.unwrap().unwrap().email;
        bank.open_copies([&mut email]).await.unwrap();
        assert_eq!(email.is_erased(), person.is_forgotten());
    }
}

/// What the service tells of each person and their account.
async fn told(bank: &Bank) -> Vec<String> {
    let service = Service::of(bank.clone());
    let mut all = Vec::with_capacity(PERSONS);
    for person in everybody(PERSONS) {
        let account = format!("/accounts/of-{}", person.id());
        let history = format!("{}/history", person.path());
        let mut told = String::new();
        for path in [person.path(), history, account] {
            let answer: Value = service.get(&path).await;
            told.push_str(&answer.to_string());
        }
        all.push(told);
    }
    all
}

async fn assert_replays(bank: &Bank, person: Person) {
    let loaded = bank.users().load(&person.id()).await.unwrap();
    let known = loaded.state.registration.unwrap().email;
    match person.is_forgotten() {
        true => assert!(known.is_erased(), "{person:?}"),
        false => assert!(known.value().unwrap().contains(MARK), "{person:?}"),
    }
}

async fn assert_keys_are_destroyed(keys: &impl KeyStore) {
    for person in everybody(PERSONS) {
        let user: UserId = person.id().parse().unwrap();
        let found = keys.find(&[user.subject()]).await.unwrap();
        let is_destroyed = found == [Some(StoredKey::Destroyed)];
        assert_eq!(is_destroyed, person.is_forgotten(), "{person:?}");
    }
}

#[track_caller]
fn assert_no_mark_below(directory: &Path) {
    assert_eq!(files_with_the_mark(directory), [""; 0].map(Path::new));
}

#[track_caller]
fn assert_nothing_was_logged() {
    let logged = log::logged();
    assert!(!logged.is_empty());
    assert!(!has_the_mark(&logged));
}
