//! Rows that checks and rebuilds have found to differ are not kept in memory.

use std::sync::Arc;
use std::time::Duration;

use annals::runtime::{
    DriftOptions, EditionOptions, Forgets, KeyedStore, PersonalEvents, PlaceKind, RebuildOptions,
    RebuildPhase, Rebuilds, Refolds,
};
use annals::{EventStore, Personal, Projection, ReadModel, ReadModels, Recorded, TableFold};

use crate::people::PersonEvent;
use crate::place::{LONG, Place, register, settle, subject};

/// As `PersonRow` is declared, and folded otherwise.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "persons")]
struct Mistaken {
    #[key]
    id: String,
    told: Personal<String>,
    copied: String,
}

impl Projection for Mistaken {
    type Event = PersonEvent;

    fn keys(event: &Recorded<PersonEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(_: Option<Self>, _: &String, _: &Recorded<PersonEvent>) -> Option<Self> {
        None
    }
}

/// A place with the rows of a person, and its store and read models as one more process has them.
async fn with_a_row() -> (Place, Arc<dyn EventStore>, Arc<dyn ReadModels>) {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    settle(&service).await;
    service.stop().await;
    let store: Arc<dyn EventStore> = Arc::clone(&place.store) as _;
    let keyed = KeyedStore::new(store, place.keys.keyring(), PersonalEvents::default());
    let read_models = Arc::new(place.read_models.clone());
    (place, Arc::new(keyed), read_models)
}

#[tokio::test]
async fn what_drifted_is_not_kept() {
    let (_place, store, read_models) = with_a_row().await;
    let options = DriftOptions {
        first_after: Duration::ZERO,
        ..DriftOptions::default()
    };
    let refolds = Refolds::new(&store, &read_models, TableFold::of_rows::<Mistaken>());
    let refolds = refolds.with_drift_detection(options);
    let drift = refolds.drift().unwrap();
    let mut checks = drift.watch();
    let checked = checks.wait_for(Option::is_some);
    tokio::time::timeout(LONG, checked).await.unwrap().unwrap();
    let found = drift.latest().unwrap().unwrap();
    assert!(format!("{found:?}").contains("Ada"), "{found:?}");

    refolds.forget(&subject("ada")).await.unwrap();

    let kept = drift.latest().unwrap().unwrap();
    assert!(!format!("{kept:?}").contains("Ada"), "{kept:?}");
    assert_eq!(kept.drifted, found.drifted);
}

#[tokio::test]
async fn rows_that_differ_from_a_candidate_are_not_kept() {
    let (_place, store, read_models) = with_a_row().await;
    let fold = TableFold::of_rows::<Mistaken>();
    let rebuilds = Rebuilds::new(&store, &read_models, fold, EditionOptions::default());
    let rebuild = rebuilds.begin(RebuildOptions::default());
    let is_compared = |phase: &RebuildPhase| matches!(phase, RebuildPhase::Compared(_));
    let found = rebuild.wait_for(is_compared).await.phase;
    assert!(format!("{found:?}").contains("Ada"), "{found:?}");

    rebuilds.forget(&subject("ada")).await.unwrap();

    let kept = rebuild.progress().phase;
    assert!(is_compared(&kept), "{kept:?}");
    assert!(!format!("{kept:?}").contains("Ada"), "{kept:?}");
    rebuilds.stop().await;
}

#[tokio::test]
async fn an_erasure_tells_checks_and_rebuilds() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    settle(&service).await;

    let report = service.erase(&subject("ada")).await.unwrap();

    let told = report.reached.iter();
    let told = told.filter(|it| it.kind == PlaceKind::Comparisons);
    let told: Vec<_> = told.map(|it| &*it.name).collect();
    assert_eq!(told, ["persons", "sayings", "persons", "sayings"]);
    service.stop().await;
}
