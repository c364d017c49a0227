//! A person is forgotten, and what that reached is told.

use std::sync::Arc;

use annals_core::TableFold;
use annals_core::{EventStore, ReadModels, StreamId, StreamVersion};
use annals_keys::{Keyring, KeyringOptions, MemoryKeyStore, MemoryRootKeys};
use annals_runtime::{ErasurePlaces, Erasures, KeyedStore, PersonalEvents, Refolds};
use serde_json::json;

use crate::bank::{Balance, Bank, LONG, Service};

/// A bank that can forget its customers, with a read model by hand beside the balances.
async fn forgetful(bank: &Bank) -> Service {
    let keyring = Arc::new(Keyring::new(
        Arc::new(MemoryKeyStore::default()),
        Arc::new(MemoryRootKeys::new().unwrap()),
        KeyringOptions::default(),
    ));
    let personal = PersonalEvents::default();
    let keyed = KeyedStore::new(bank.store(), Arc::clone(&keyring), personal.clone());
    let store: Arc<dyn EventStore> = Arc::new(keyed);
    let read_models: Arc<dyn ReadModels> = Arc::new(bank.read_models.clone());
    let refolds = Refolds::new(&store, &read_models, TableFold::of_rows::<Balance>());
    let places = ErasurePlaces {
        snapshots: read_models.snapshots().await.unwrap(),
        refolds: vec![refolds],
        projectors: Vec::new(),
        own_read_models: vec!["statements".to_owned()],
        forgets: Vec::new(),
    };
    let erasures = Erasures::new(store, keyring, personal, places);
    let running = bank.run::<Balance>("1.0").await;
    Service::new(
        running.projection,
        bank.operations().with_erasures(erasures),
    )
}

#[tokio::test]
async fn what_was_reached_and_what_was_not_is_answered_and_told_again() {
    let bank = Bank::new().await;
    let service = forgetful(&bank).await;
    let erased = service.post("/persons/ada/erase", "").await.ok();
    assert_eq!(erased["subject"], "ada");
    assert_eq!(
        (&erased["position"], &erased["events"]),
        (&json!(1), &json!(0))
    );
    let reached = erased["reached"].as_array().unwrap();
    assert!(reached.contains(&json!({"kind": "key", "name": "ada", "count": null})));
    assert!(reached.contains(&json!({"kind": "readModel", "name": "balances", "count": 0})));
    let missed = &erased["outOfReach"];
    assert_eq!(missed[0]["kind"], "ownReadModel");
    assert_eq!(missed[0]["name"], "statements");
    assert_eq!(missed[1]["kind"], "backups");
    assert_eq!(service.post("/persons/ada/erase", "").await.ok(), erased);
    assert_eq!(service.get("/persons/ada/erasure").await.ok(), erased);
}

#[tokio::test]
async fn an_erasure_that_never_was_is_not_found() {
    let bank = Bank::new().await;
    let service = forgetful(&bank).await;
    let unknown = service.get("/persons/ada/erasure").await;
    unknown.assert_problem(404, "not-found");
}

#[tokio::test]
async fn nobody_is_forgotten_under_what_is_no_name() {
    let bank = Bank::new().await;
    let service = forgetful(&bank).await;
    let last = bank.deposit("1", &[100]).await;
    service.projection.wait_for(last, LONG).await.unwrap();
    let refused = service.post("/persons/a%00b/erase", "").await;
    refused.assert_problem(422, "invalid-request");
    let stream = StreamId::new("PersonalData", "ada").unwrap();
    let version = bank.store.stream_version(&stream).await.unwrap();
    assert_eq!(version, StreamVersion::NONE);
}

#[tokio::test]
async fn a_service_without_keys_forgets_nobody() {
    let bank = Bank::new().await;
    let service = bank.run::<Balance>("1.0").await;
    let refused = service.post("/persons/ada/erase", "").await;
    refused.assert_problem(404, "not-found");
}
