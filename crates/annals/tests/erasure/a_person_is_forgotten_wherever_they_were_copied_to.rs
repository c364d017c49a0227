//! An erasure reaches what was copied, tells what it did not reach, and touches nobody else.

use annals::runtime::{AsOf, CommandContext, ExecuteError, IdempotencyKey, PastOptions, PlaceKind};
use annals::{Annals, Position, SnapshotStore};

use crate::copies::UNKNOWN;
use crate::people::{Nameless, Person, PersonCommand};
use crate::place::{LONG, Place, move_to, reached, register, settle, subject};

async fn greet(service: &Annals, id: &str) -> Result<(), ExecuteError<Nameless>> {
    let context = CommandContext::default();
    let greeted = service.execute::<Person>(id, PersonCommand::Greet, context);
    greeted.await.map(drop)
}

#[tokio::test]
async fn rows_are_made_anew_and_those_of_others_stay() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    register(&service, "bob", "Bob").await;
    settle(&service).await;
    let bob = place.row("bob").await;

    let report = service.erase(&subject("ada")).await.unwrap();

    assert_eq!(reached(&report, "persons (current)"), Some(1));
    assert_eq!(place.row("ada").await.copied, UNKNOWN);
    assert_eq!(place.row("bob").await, bob);
    let bob = service.repository::<Person>().load("bob").await.unwrap();
    assert_eq!(bob.state.name().unwrap(), "Bob");
    service.stop().await;
}

#[tokio::test]
async fn what_was_remembered_decides_nothing_any_more() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    greet(&service, "ada").await.unwrap();

    let report = service.erase(&subject("ada")).await.unwrap();

    assert_eq!(reached(&report, "Person"), None);
    let refused = greet(&service, "ada").await;
    assert!(
        matches!(refused, Err(ExecuteError::Refused(Nameless))),
        "{refused:?}"
    );
    service.stop().await;
}

#[tokio::test]
async fn a_kept_state_is_open_until_it_is_dropped() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    for _ in 0..100 {
        move_to(&service, "ada", "London").await;
    }
    settle(&service).await;
    service.stop().await;
    drop(service);

    let service = place.start().await;
    let loaded = service.repository::<Person>().load("ada").await.unwrap();
    assert!(loaded.replayed < 100, "there is no snapshot");
    assert_eq!(
        loaded.state.name().unwrap(),
        "Ada",
        "it is the same as from all events"
    );
    greet(&service, "ada").await.unwrap();

    let report = service.erase(&subject("ada")).await.unwrap();

    assert_eq!(reached(&report, "snapshots"), Some(1));
    let snapshots = service.read_models().snapshots().await.unwrap();
    let stream = "Person-ada".parse().unwrap();
    assert_eq!(
        SnapshotStore::load(&*snapshots, &stream).await.unwrap(),
        None
    );
    let loaded = service.repository::<Person>().load("ada").await.unwrap();
    assert!(loaded.state.name.unwrap().is_erased());
    service.stop().await;
}

#[tokio::test]
async fn texts_of_what_is_parked_are_redacted() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    move_to(&service, "ada", "Atlantis").await;
    move_to(&service, "bob", "Atlantis").await;
    settle(&service).await;
    let parked = service.parked_events("persons");
    assert_eq!(parked.count().await.unwrap(), 2);
    parked
        .skip(Position(2), "Ada does not live in Atlantis")
        .await
        .unwrap();

    let report = service.erase(&subject("ada")).await.unwrap();

    let letters = parked.list(Position::START, 10).await.unwrap();
    let [ada, bob] = &letters[..] else {
        panic!("{letters:?}")
    };
    assert!(!ada.to_json().contains("Atlantis"), "{ada:?}");
    assert!(bob.to_json().contains("Atlantis"), "{bob:?}");
    let redacted = report.reached.iter();
    let mut redacted = redacted.filter(|it| it.kind == PlaceKind::DeadLetters);
    assert!(redacted.any(|it| (&*it.name, it.count) == ("persons", Some(1))));
    service.stop().await;
}

#[tokio::test]
async fn read_models_of_the_past_are_dropped() {
    let place = Place::new().await;
    let service = place.start().await;
    let last = register(&service, "ada", "Ada").await;
    let kept = service
        .pasts()
        .keep("persons", AsOf::Position(last), PastOptions::default());
    let (id, past) = kept.unwrap();
    past.complete().await.unwrap();
    drop(past);

    let report = service.erase(&subject("ada")).await.unwrap();

    assert_eq!(reached(&report, "read models of the past"), None);
    assert!(service.pasts().find("persons", id).is_none());
    service.stop().await;
}

#[tokio::test]
async fn what_was_registered_is_told() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    register(&service, "bob", "Bob").await;
    settle(&service).await;

    let report = service.erase(&subject("ada")).await.unwrap();

    assert_eq!(reached(&report, "cache"), None);
    assert_eq!(
        place.cache.said().into_values().collect::<Vec<_>>(),
        ["Bob"]
    );
    service.stop().await;
}

#[tokio::test]
async fn what_was_not_reached_is_told() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    settle(&service).await;

    let report = service.erase(&subject("ada")).await.unwrap();

    let missed: Vec<_> = report
        .out_of_reach
        .iter()
        .map(|it| (it.kind, &*it.name))
        .collect();
    let expected = [
        (PlaceKind::OwnReadModel, "by_hand"),
        (PlaceKind::Backups, "backups and logs"),
    ];
    assert_eq!(missed, expected);
    service.stop().await;
}

#[tokio::test]
async fn refusals_that_are_kept_are_told() {
    let place = Place::new().await;
    let service = place.start().await;
    for id in ["ada", "bob"] {
        let context = CommandContext {
            idempotency: Some(IdempotencyKey::new(id, b"greet")),
            ..CommandContext::default()
        };
        let refused = service.execute::<Person>(id, PersonCommand::Greet, context);
        refused.await.map(drop).unwrap_err();
    }
    register(&service, "ada", "Ada").await;
    register(&service, "bob", "Bob").await;
    settle(&service).await;

    let report = service.erase(&subject("ada")).await.unwrap();

    let mut told = report.out_of_reach.iter();
    let refusals = told.find(|it| it.name == "refusals").unwrap();
    assert_eq!(refusals.positions, [Position(1)], "bob's is not told");
    service.stop().await;
}

#[tokio::test]
async fn to_erase_twice_is_to_erase_once() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    settle(&service).await;

    let first = service.erase(&subject("ada")).await.unwrap();
    let head = service.store().head().await.unwrap();
    assert_eq!(service.erase(&subject("ada")).await.unwrap(), first);
    assert_eq!(
        service.store().head().await.unwrap(),
        head,
        "nothing is recorded again"
    );
    let erasures = service.erasures().unwrap();
    assert_eq!(erasures.report(&subject("ada")).await.unwrap(), Some(first));
    assert_eq!(erasures.report(&subject("bob")).await.unwrap(), None);
    service.stop().await;
}

#[tokio::test]
async fn nothing_personal_is_recorded_about_who_was_forgotten() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    service.erase(&subject("ada")).await.unwrap();
    let head = service.store().head().await.unwrap();
    let (user_id, city) = ("ada".to_owned(), "London".to_owned());
    let command = PersonCommand::Move { user_id, city };
    let context = CommandContext::default();
    let refused = service.execute::<Person>("ada", command, context).await;
    assert!(
        matches!(&refused, Err(ExecuteError::Erased(whose)) if *whose == subject("ada")),
        "{refused:?}"
    );
    assert_eq!(service.store().head().await.unwrap(), head);
    service.stop().await;
}

#[tokio::test]
async fn every_other_process_forgets_as_well() {
    let place = Place::new().await;
    let service = place.start().await;
    let other = place.service(place.keys.keyring()).start().await.unwrap();
    register(&other, "ada", "Ada").await;
    greet(&other, "ada").await.unwrap();

    service.erase(&subject("ada")).await.unwrap();

    let head = other.store().head().await.unwrap();
    other.has_forgotten(head, LONG).await.unwrap();
    let refused = greet(&other, "ada").await;
    assert!(
        matches!(refused, Err(ExecuteError::Refused(Nameless))),
        "{refused:?}"
    );
    other.stop().await;
    service.stop().await;
}

#[tokio::test]
async fn a_key_store_that_was_put_back_brings_nobody_back() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    let copy = place.keys.back_up(&subject("ada")).await;
    service.erase(&subject("ada")).await.unwrap();
    service.stop().await;
    drop(service);
    place.keys.put_back(&subject("ada"), copy).await;

    let service = place.start().await;

    let loaded = service.repository::<Person>().load("ada").await.unwrap();
    assert!(loaded.state.name.unwrap().is_erased());
    service.stop().await;
}

#[tokio::test]
async fn a_damaged_key_of_who_was_forgotten_keeps_no_process_from_starting() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    let mut copy = place.keys.back_up(&subject("ada")).await;
    service.erase(&subject("ada")).await.unwrap();
    service.stop().await;
    drop(service);
    copy.bytes.fill(0);
    place.keys.put_back(&subject("ada"), copy).await;

    let service = place.start().await;

    let loaded = service.repository::<Person>().load("ada").await.unwrap();
    assert!(loaded.state.name.unwrap().is_erased());
    service.stop().await;
}
