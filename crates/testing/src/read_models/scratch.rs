//! Places for read models that are not meant to last.

use std::sync::Arc;

use annals_core::{Failure, Position, TableFold, Timestamp, Tried};

use super::bank::{AccountEvent, Balance, batch, deposit, recorded};
use super::subject::{Subject, Writing};

impl Subject {
    /// A scratch place beside the read models.
    async fn scratch(&self) -> Self {
        let place = self.read_models.scratch().await;
        Self {
            database: Arc::clone(&self.database),
            read_models: place.unwrap_or_else(|error| panic!("no scratch place: {error}")),
        }
    }
}

pub(super) async fn what_is_made_in_a_scratch_place_shows_nowhere_else(subject: Subject) {
    let real = subject.rows::<Balance>().await;
    real.apply(0, vec![deposit(1, "a", 5), deposit(2, "a", 1)])
        .await;
    let (one, other) = (subject.scratch().await, subject.scratch().await);
    let past = one.rows::<Balance>().await;
    assert_eq!(past.position().await, Position::START);
    past.apply(0, vec![deposit(1, "a", 5)]).await;
    other
        .rows::<Balance>()
        .await
        .apply(0, vec![deposit(1, "b", 3)])
        .await;
    assert_eq!(one.balance("a").await, Some(5));
    assert_eq!(other.balance("a").await, None);
    assert_eq!(other.balance("b").await, Some(3));
    drop(one);
    assert_eq!(other.balance("b").await, Some(3));
    assert_eq!(subject.balance("a").await, Some(6));
    assert_eq!(subject.balance("b").await, None);
    assert_eq!(real.position().await, Position(2));
}

pub(super) async fn a_scratch_place_parks_as_any_other(subject: Subject) {
    subject.rows::<Balance>().await;
    let scratch = subject.scratch().await;
    let projector = scratch.projector(TableFold::of_rows::<Balance>()).await;
    let past = Writing(projector);
    past.resume().await;
    let tried = Tried {
        attempts: 1,
        code_version: String::new(),
        at: Timestamp::UNIX_EPOCH,
    };
    let failure = Failure {
        error: "poisoned".to_owned(),
        tried,
    };
    let letters = past.0.dead_letters().expect("it keeps dead letters");
    let poisoned = batch(0, vec![recorded(1, "a", &AccountEvent::Poisoned)]);
    let parked = letters.park(poisoned, Position(1), failure).await;
    assert!(parked.is_ok(), "{parked:?}");
    past.apply(1, vec![deposit(2, "a", 5), deposit(3, "b", 3)])
        .await;
    assert_eq!(letters.parked().await.ok(), Some(2));
    assert_eq!(scratch.balance("a").await, None);
    assert_eq!(scratch.balance("b").await, Some(3));
}
