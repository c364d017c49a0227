//! Events that were stored before their fields were personal: copies are sealed from then on, an
//! erasure shows, and what stays in plain text is told.

use annals::runtime::PlaceKind;
use annals::{Position, StreamVersion};

use crate::copies::{UNKNOWN, said};
use crate::people::{Person, PlainPersonEvent};
use crate::place::{Place, settle, subject};

#[tokio::test]
async fn plain_text_is_sealed_in_copies_and_read_as_erased_afterwards() {
    let place = Place::new().await;
    let moved = |user_id: &str| PlainPersonEvent::Moved {
        user_id: user_id.to_owned(),
        city: "London".to_owned(),
    };
    place.record("ada", moved("ada"), None).await;
    place.record("bob", moved("bob"), None).await;
    let service = place.start().await;
    settle(&service).await;
    let row = place.row("ada").await;
    assert_eq!(
        row.told.subject(),
        Some(&subject("ada")),
        "a copy is sealed"
    );

    let report = service.erase(&subject("ada")).await.unwrap();

    let repository = service.repository::<Person>();
    let history = repository
        .history("ada", StreamVersion::NONE, 1)
        .await
        .unwrap();
    assert_eq!(said(&history[0].event), UNKNOWN);
    assert!(place.row("ada").await.told.is_erased());
    let plain = report.out_of_reach.iter();
    let mut plain = plain.filter(|it| it.kind == PlaceKind::Events);
    assert_eq!(
        plain.next().unwrap().positions,
        [Position(1)],
        "bob's is not told"
    );
    let history = repository
        .history("bob", StreamVersion::NONE, 1)
        .await
        .unwrap();
    assert_eq!(said(&history[0].event), "London");
    service.stop().await;
}
