//! Copies that were made before somebody was forgotten hold what cannot be opened any more.

use std::fs;
use std::path::{Path, PathBuf};

use annals_reference::bank::Bank;
use annals_reference::place::Place;
use tempfile::TempDir;

use crate::life::{forget_half, live};
use crate::people::{MARK, Person, everybody};
use crate::service::{Service, answer, asking};

const PERSONS: usize = 10;

/// A bank in a directory, with its keys in another, and with a copy of both.
struct Copied {
    folder: TempDir,
}

impl Copied {
    /// Everybody is known in the copy, and half of them forgotten since.
    async fn before_half_were_forgotten() -> Self {
        let copied = Self {
            folder: TempDir::new().unwrap(),
        };
        let bank = copied.open("data", "keys").await.unwrap();
        live(&bank, PERSONS).await;
        close(bank).await;
        for part in ["data", "keys"] {
            copied.copy(part, &format!("{part}-before"));
        }
        let bank = copied.open("data", "keys").await.unwrap();
        forget_half(&bank, PERSONS).await;
        close(bank).await;
        copied
    }

    async fn open(&self, data: &str, keys: &str) -> Result<Bank, annals::Error> {
        let place = Place::Directory {
            path: self.path(data),
            keys: Some(self.path(keys)),
        };
        Bank::open(&place).await
    }

    fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    fn copy(&self, from: &str, to: &str) {
        copy(&self.path(from), &self.path(to));
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        copy(&from.join(&name), &to.join(&name));
    }
}

async fn close(bank: Bank) {
    bank.stop().await;
    drop(bank);
}

/// What is told of a person, or why nothing is.
async fn told(bank: &Bank, person: Person) -> String {
    let service = Service::of(bank.clone());
    let mut told = String::new();
    for path in [person.path(), format!("{}/history", person.path())] {
        let (_, answer) = answer(&service.0, asking(&path)).await;
        told.push_str(&answer);
    }
    told
}

async fn assert_only_others_are_known(bank: &Bank) {
    for person in everybody(PERSONS) {
        let told = told(bank, person).await;
        assert_eq!(told.contains(MARK), !person.is_forgotten(), "{told}");
    }
}

#[tokio::test]
async fn one_of_the_data_with_the_keys_of_today() {
    let copied = Copied::before_half_were_forgotten().await;
    let bank = copied.open("data-before", "keys").await.unwrap();
    assert_only_others_are_known(&bank).await;
    close(bank).await;
}

#[tokio::test]
async fn one_of_the_data_of_today_with_the_keys_of_before() {
    let copied = Copied::before_half_were_forgotten().await;
    let bank = copied.open("data", "keys-before").await.unwrap();
    assert_only_others_are_known(&bank).await;
    close(bank).await;
}

/// Whoever keeps root keys with the rest keeps everything: that is why they are replaced.
#[tokio::test]
async fn one_of_everything_until_root_keys_are_replaced() {
    let copied = Copied::before_half_were_forgotten().await;
    let bank = copied.open("data-before", "keys-before").await.unwrap();
    assert!(
        told(&bank, Person(0)).await.contains(MARK),
        "the copy is whole"
    );
    close(bank).await;
}

#[tokio::test]
async fn one_of_data_and_keys_once_root_keys_were_replaced() {
    let copied = Copied::before_half_were_forgotten().await;
    let bank = copied.open("data", "keys").await.unwrap();
    let keyring = bank.annals().keyring().unwrap();
    keyring.rotate_root_keys(|_| ()).await.unwrap();
    assert_only_others_are_known(&bank).await;
    close(bank).await;

    fs::remove_dir_all(copied.path("keys-before/root")).unwrap();
    copied.copy("keys/root", "keys-before/root");
    // Not even others can be read, so it may be refused as a whole.
    if let Ok(bank) = copied.open("data-before", "keys-before").await {
        for person in everybody(PERSONS) {
            let told = told(&bank, person).await;
            assert!(!told.contains(MARK), "{told}");
        }
        close(bank).await;
    }
}
