//! What the outside refuses is parked with all that must come after it, and released in order.

use std::sync::Arc;

use annals_core::{
    DeadLetters, EventStore, Failure, ParkCause, Position, ProjectionBatch, ProjectionError,
    Projector, ReadModels, Skipped, Timestamp, Tried,
};
use annals_embedded::EmbeddedStore;
use annals_runtime::{ParkedEvents, ProjectionHandle, UnboundEffect};
use annals_sqlite::Database;

use crate::ledger::{LONG, new_store, quick, record, record_in};
use crate::outside::{Answer, Call, Outside, all_of, begin_in, perform_in};

/// An effect that was refused at position 1, in the stream `poor`, and what waits behind.
struct Refused {
    store: Arc<EmbeddedStore>,
    outside: Arc<Outside>,
    effect: ProjectionHandle,
    parked: ParkedEvents,
}

impl Refused {
    /// Position 3 is of another stream.
    async fn with_another_stream() -> Self {
        let (store, outside) = (new_store(), Outside::new());
        let database = Database::in_memory().await.unwrap();
        outside.answer(1, [Answer::Refused]);
        record_in(&*store, "Account", "poor", 2).await;
        let last = record_in(&*store, "Account", "rich", 1).await;
        let (effect, parked) = perform_in(Call::to(&outside), &store, &database).await;
        effect.wait_for(last, LONG).await.unwrap();
        Self {
            store,
            outside,
            effect,
            parked,
        }
    }

    /// Records one more event of the stream, and waits until the effect has seen it.
    async fn record(&self, stream: &str) {
        let last = record_in(&*self.store, "Account", stream, 1).await;
        self.effect.wait_for(last, LONG).await.unwrap();
    }

    /// The letters: each with the position that it waits for.
    async fn letters(&self) -> Vec<(u64, Option<u64>)> {
        let letters = self.parked.list(Position::START, 100).await.unwrap();
        let waits = letters.iter().map(|letter| match letter.cause {
            ParkCause::Waits(first) => (letter.position.0, Some(first.0)),
            ParkCause::Failed(_) => (letter.position.0, None),
        });
        waits.collect()
    }
}

fn positions<const N: usize>(positions: [u64; N]) -> [Position; N] {
    positions.map(Position)
}

#[tokio::test]
async fn later_events_of_its_stream_wait_and_others_are_performed() {
    let refused = Refused::with_another_stream().await;
    refused.record("poor").await;
    refused.record("rich").await;
    assert_eq!(
        refused.letters().await,
        [(1, None), (2, Some(1)), (4, Some(1))]
    );
    assert_eq!(refused.outside.arrived(), [3, 5]);
    assert_eq!(
        refused.outside.called(),
        [1, 3, 5],
        "a refusal is not repeated"
    );
    let letter = refused.parked.letter(Position(1)).await.unwrap();
    let ParkCause::Failed(failure) = letter.cause else {
        panic!("it was refused")
    };
    assert_eq!(failure.error, "refused on demand");
}

#[tokio::test]
async fn a_panic_parks_its_event() {
    let (store, outside) = (new_store(), Outside::new());
    let database = Database::in_memory().await.unwrap();
    outside.answer(1, [Answer::Panic]);
    let last = record(&*store, "Account", 1).await;
    let (effect, parked) = perform_in(Call::to(&outside), &store, &database).await;
    effect.wait_for(last, LONG).await.unwrap();
    let letter = parked.letter(Position(1)).await.unwrap();
    let is_told = format!("{:?}", letter.cause).contains("panicked: on demand");
    assert!(is_told, "{letter:?}");
}

#[tokio::test]
async fn what_is_released_is_performed_in_order_under_its_key() {
    let refused = Refused::with_another_stream().await;
    let released = refused.parked.retry_all().await.unwrap();
    assert_eq!(released.applied, positions([1, 2]));
    assert_eq!(refused.outside.arrived(), [3, 1, 2]);
    assert_ne!(refused.outside.keys(1), refused.outside.keys(2));
    assert_eq!(refused.letters().await, []);
    refused.record("poor").await;
    assert_eq!(refused.outside.arrived(), [3, 1, 2, 4]);
}

#[tokio::test]
async fn what_is_refused_again_stays_and_so_does_what_waits_for_it() {
    let refused = Refused::with_another_stream().await;
    refused.outside.answer(1, [Answer::Refused, Answer::Busy]);
    for attempts in 2..=3 {
        let released = refused.parked.retry_all().await.unwrap();
        assert_eq!(released.parked, positions([1, 2]));
        let letter = refused.parked.letter(Position(1)).await.unwrap();
        let ParkCause::Failed(failure) = letter.cause else {
            panic!("it was refused")
        };
        assert_eq!(failure.tried.attempts, attempts);
    }
    let alone = refused.parked.retry(Position(2)).await.unwrap();
    assert_eq!(alone.parked, positions([2]));
    assert_eq!(refused.outside.arrived(), [3]);
}

#[tokio::test]
async fn nothing_waits_for_what_is_given_up() {
    let refused = Refused::with_another_stream().await;
    let parked = &refused.parked;
    parked
        .skip(Position(1), "the customer is gone")
        .await
        .unwrap();
    let released = parked.retry_all().await.unwrap();
    assert_eq!(released.applied, positions([2]));
    refused.record("poor").await;
    assert_eq!(refused.outside.arrived(), [3, 2, 4]);
    assert_eq!(parked.count().await.unwrap(), 0);
}

#[tokio::test]
async fn what_comes_during_a_release_is_performed_after_it() {
    let refused = Refused::with_another_stream().await;
    refused.outside.answer(2, [Answer::Held]);
    let parked = refused.parked.clone();
    let release = tokio::spawn(async move { parked.retry_all().await });
    refused.outside.until_arrived(1).await;
    refused.record("poor").await;
    refused.outside.open_gate();
    let released = release.await.unwrap().unwrap();
    assert_eq!(released.applied, positions([1, 2, 4]));
    assert_eq!(refused.outside.arrived(), [3, 1, 2, 4]);
}

#[tokio::test]
async fn what_waited_for_a_letter_that_is_gone_meanwhile_is_not_passed_over() {
    let (store, outside) = (new_store(), Outside::new());
    let database = Database::in_memory().await.unwrap();
    record_in(&*store, "Account", "poor", 1).await;
    outside.answer(1, [Answer::Refused]);
    let effect = UnboundEffect::of(Call::to(&outside)).with_backoff(quick().backoff);
    let effect = begin_in(effect, &store, &database).await;
    effect.resume(store.id()).await.unwrap();
    let refusal = effect.apply(all_of(&store).await).await.unwrap_err();
    assert!(
        matches!(refusal, ProjectionError::Event { .. }),
        "{refusal}"
    );
    let other = database.projector(UnboundEffect::of(Call::to(&outside)).fold());
    let failed = all_of(&store).await;
    effect.park(failed, Position(1), failure()).await.unwrap();

    record_in(&*store, "Account", "poor", 1).await;
    record_in(&*store, "Account", "rich", 1).await;
    outside.answer(3, [Answer::Held]);
    let batch = behind(Position(1), &all_of(&store).await);
    let applying = tokio::spawn({
        let (effect, batch) = (Arc::clone(&effect), batch.clone());
        async move { effect.apply(batch).await }
    });
    outside.until_calls(2).await;
    let other = other.await.unwrap();
    let skipped = Skipped {
        reason: "done by hand".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    };
    let letters = other.dead_letters().unwrap();
    assert!(letters.skip(Position(1), skipped).await.unwrap());
    outside.open_gate();
    let refused = applying.await.unwrap().unwrap_err();
    assert!(
        matches!(refused, ProjectionError::Unavailable(_)),
        "{refused}"
    );
    assert_eq!(effect.resume(store.id()).await.unwrap(), Position(1));
    effect.apply(batch).await.unwrap();
    assert_eq!(outside.arrived(), [3, 2]);
}

#[tokio::test]
async fn more_than_ten_thousand_are_too_many() {
    let (store, outside) = (new_store(), Outside::new());
    let database = Database::in_memory().await.unwrap();
    record_in(&*store, "Account", "poor", 1).await;
    let effect = begin_in(UnboundEffect::of(Call::to(&outside)), &store, &database).await;
    effect.resume(store.id()).await.unwrap();
    let failed = all_of(&store).await;
    effect.park(failed, Position(1), failure()).await.unwrap();
    for _ in 0..10 {
        record_in(&*store, "Account", "poor", 1_000).await;
    }
    let batch = behind(Position(1), &all_of(&store).await);
    let refused = effect.apply(batch).await.unwrap_err();
    let too_many = matches!(refused, ProjectionError::TooManyParked { most: 10_000, .. });
    assert!(too_many, "{refused}");
    assert_eq!(effect.resume(store.id()).await.unwrap(), Position(1));
}

fn failure() -> Failure {
    Failure {
        error: "refused".to_owned(),
        tried: Tried {
            attempts: 1,
            code_version: String::new(),
            at: Timestamp::UNIX_EPOCH,
        },
    }
}

/// What of a batch comes behind a position.
fn behind(after: Position, batch: &ProjectionBatch) -> ProjectionBatch {
    let events = batch.events.iter().filter(|event| event.position > after);
    ProjectionBatch {
        after,
        up_to: batch.up_to,
        events: events.cloned().collect(),
    }
}
