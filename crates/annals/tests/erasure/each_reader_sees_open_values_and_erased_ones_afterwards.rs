//! Whoever reads an event sees it in its newest shape with its personal values open, and as erased
//! once the person is forgotten.

use annals::runtime::{AsOf, CutOver, RebuildOptions, RebuildPhase};
use annals::{Annals, Position, StreamVersion};

use crate::copies::{PersonRow, UNKNOWN, said};
use crate::people::{OldPersonEvent, Person};
use crate::place::{LONG, Place, settle, subject};

/// Records the name of a person as it was done long ago: in an older shape.
async fn register_in_old_shape(place: &Place, id: &str, name: &str) -> Position {
    let event = OldPersonEvent::Registered {
        user_id: id.to_owned(),
        full_name: annals::Personal::new(name.to_owned()),
    };
    let keyring = place.keys.keyring();
    place.record(id, event, Some(&keyring)).await
}

/// What each reader makes of the name of a person who is the only one, by the reader's name.
async fn as_each_reader_sees_it(place: &Place, service: &Annals) -> Vec<(&'static str, String)> {
    let told = |name: Option<&String>| name.map_or(UNKNOWN.to_owned(), Clone::clone);
    let repository = service.repository::<Person>();
    let loaded = repository.load("ada").await.unwrap();
    let history = repository.history("ada", StreamVersion::NONE, 10).await;
    let past = service.read_model_as_of("persons", AsOf::Position(Position(1)));
    let past = past.await.unwrap().table::<PersonRow>();
    let past = past.get(&"ada".to_owned()).await.unwrap().unwrap();
    let sayings = service.table::<crate::copies::Saying>();
    let saying = sayings.get(&1).await.unwrap().unwrap();
    rebuild(service).await;
    let rebuilt = place.row("ada").await.copied;
    let refolded = service.refolds("persons").check().await.unwrap();
    assert!(refolded.is_right(), "{refolded:?}");
    vec![
        ("a loaded aggregate", told(loaded.state.name().ok())),
        ("a history", said(&history.unwrap()[0].event)),
        ("a read model of the past", past.copied),
        ("a table projection", saying.copied),
        ("a rebuild and a re-fold", rebuilt),
    ]
}

async fn rebuild(service: &Annals) {
    let options = RebuildOptions {
        cut_over: CutOver::WhenComplete,
        ..RebuildOptions::default()
    };
    let rebuild = service.rebuilds("persons").begin(options);
    let ended = rebuild.end().await;
    assert!(matches!(ended.phase, RebuildPhase::CutOver(_)), "{ended:?}");
}

#[tokio::test]
async fn each_reader_sees_the_newest_shape_open_and_erased_afterwards() {
    let place = Place::new().await;
    register_in_old_shape(&place, "ada", "Ada").await;
    let service = place.start().await;
    settle(&service).await;

    assert_eq!(place.row("ada").await.copied, "Ada", "a projection");
    assert_eq!(place.by_hand().await, ["Ada"], "a projection by SQL");
    assert_eq!(place.cache.said()[&1], "Ada", "an effect");
    for (reader, saw) in as_each_reader_sees_it(&place, &service).await {
        assert_eq!(saw, "Ada", "{reader}");
    }

    service.erase(&subject("ada")).await.unwrap();
    for (reader, saw) in as_each_reader_sees_it(&place, &service).await {
        assert_eq!(saw, UNKNOWN, "{reader}");
    }
    assert_eq!(place.row("ada").await.copied, UNKNOWN, "a projection");
    assert!(place.row("ada").await.told.is_erased(), "a sealed copy");
    service.stop().await;
}

#[tokio::test]
async fn an_effect_and_a_projection_by_sql_that_come_later_see_what_was_erased_as_erased() {
    let place = Place::new().await;
    register_in_old_shape(&place, "ada", "Ada").await;
    let without = place.service(place.keys.keyring()).start().await.unwrap();
    without.erase(&subject("ada")).await.unwrap();
    without.stop().await;

    let service = place.start().await;
    settle(&service).await;
    assert_eq!(place.by_hand().await, [UNKNOWN]);
    assert_eq!(place.cache.said()[&1], UNKNOWN);
    service.stop().await;
}

#[tokio::test]
async fn a_copy_in_a_row_is_opened_by_the_keyring() {
    let place = Place::new().await;
    let last = register_in_old_shape(&place, "ada", "Ada").await;
    let service = place.start().await;
    service
        .projection("persons")
        .wait_for(last, LONG)
        .await
        .unwrap();
    let mut row = place.row("ada").await;
    assert!(row.told.value().is_err(), "a row is sealed");
    let keyring = service.keyring().unwrap();
    keyring.disclose(&mut row.told).await.unwrap();
    assert_eq!(row.told.value().unwrap(), "Ada");
    service.stop().await;
}
