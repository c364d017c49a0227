//! The effect of a batch and the checkpoint behind it: both, once, or neither.

use std::sync::Arc;

use annals_core::{
    Position, Projection, ProjectionError, Projector, QueryError, ReadModels, Recorded,
    RecordedEvent, TableFold,
};
use annals_macros::ReadModel;
use annals_sqlite::{Database, SqlProjector};

use crate::bank::{
    AccountEvent, Balance, Deposits, OTHER_STORE, STORE, balance, batch, count, database, deposit,
    projector_of, recorded,
};

async fn balances(database: &Database) -> Arc<dyn Projector> {
    projector_of::<Balance>(database).await
}

async fn deposits(database: &Database) -> SqlProjector<Deposits<1>> {
    let projector = SqlProjector::new(database.clone(), Deposits).await;
    projector.expect("the tables can be made")
}

#[tokio::test]
async fn a_batch_moves_rows_and_checkpoint() {
    let database = database().await;
    let projector = balances(&database).await;
    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);

    let events = vec![deposit(1, "a", 5), deposit(2, "b", 7), deposit(4, "a", 1)];
    projector.apply(batch(0, events)).await.unwrap();

    assert_eq!(balance(&database, "a").await, Some(6));
    assert_eq!(balance(&database, "b").await, Some(7));
    assert_eq!(projector.resume(STORE).await.unwrap(), Position(4));
}

#[tokio::test]
async fn a_batch_without_events_moves_the_checkpoint() {
    let projector = balances(&database().await).await;
    let mut empty = batch(0, vec![]);
    empty.up_to = Position(90);
    projector.apply(empty).await.unwrap();
    assert_eq!(projector.resume(STORE).await.unwrap(), Position(90));
}

#[tokio::test]
async fn a_look_at_the_checkpoint_binds_it_to_no_store() {
    let projector = balances(&database().await).await;
    let unbound = projector.position(OTHER_STORE).await.unwrap();
    assert_eq!(unbound, Position::START);
    projector.resume(STORE).await.unwrap();
    let events = vec![deposit(1, "a", 5)];
    projector.apply(batch(0, events)).await.unwrap();
    assert_eq!(projector.position(STORE).await.unwrap(), Position(1));
    let refused = projector.position(OTHER_STORE).await;
    assert!(matches!(refused, Err(ProjectionError::WrongStore { .. })));
}

#[tokio::test]
async fn rows_and_checkpoint_are_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("read-models.db");
    let projector = balances(&Database::open(&path).await.unwrap()).await;
    projector.resume(STORE).await.unwrap();
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    drop(projector);

    let database = Database::open(&path).await.unwrap();
    let projector = balances(&database).await;
    assert_eq!(projector.resume(STORE).await.unwrap(), Position(1));
    assert_eq!(balance(&database, "a").await, Some(5));
}

#[tokio::test]
async fn a_panic_in_the_middle_writes_neither_and_names_the_event() {
    let database = database().await;
    let projector = balances(&database).await;
    let poisoned = recorded(2, "b", &AccountEvent::Poisoned);
    let events = vec![deposit(1, "a", 5), poisoned, deposit(3, "a", 5)];

    let failure = projector.apply(batch(0, events)).await.unwrap_err();

    let message = "event at position 2 cannot be applied: the projection panicked: poisoned";
    assert_eq!(failure.to_string(), message);
    assert_eq!(balance(&database, "a").await, None);
    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_refused_statement_in_the_middle_writes_neither_and_names_the_event() {
    let database = database().await;
    let projector = deposits(&database).await;
    let poisoned = recorded(2, "b", &AccountEvent::Poisoned);
    let events = vec![deposit(1, "a", 5), poisoned];

    let failure = projector.apply(batch(0, events)).await.unwrap_err();

    assert!(matches!(
        failure,
        ProjectionError::Event {
            position: Position(2),
            ..
        }
    ));
    assert_eq!(count(&database, "deposits").await, 0);
    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);

    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    assert_eq!(count(&database, "deposits").await, 1);
}

/// Folds every row into that of another account.
#[derive(ReadModel, Clone)]
struct Misfiled {
    #[key]
    account: String,
}

impl Projection for Misfiled {
    type Event = AccountEvent;

    fn keys(_: &Recorded<AccountEvent>) -> Vec<String> {
        vec!["a".to_owned()]
    }

    fn fold(_: Option<Self>, _: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
        let account = "b".to_owned();
        Some(Self { account })
    }
}

#[tokio::test]
async fn a_row_folded_under_another_key_is_refused_and_names_the_event() {
    let database = database().await;
    let projector = projector_of::<Misfiled>(&database).await;
    let failure = projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap_err();
    assert!(matches!(
        failure,
        ProjectionError::Event {
            position: Position(1),
            ..
        }
    ));
    assert_eq!(count(&database, "misfiled").await, 0);
}

#[tokio::test]
async fn an_event_that_cannot_be_decoded_is_named() {
    let projector = balances(&database().await).await;
    let mut newer = deposit(3, "a", 5);
    newer.schema_version = 2;
    let failure = projector.apply(batch(0, vec![newer])).await.unwrap_err();
    assert!(matches!(
        failure,
        ProjectionError::Event {
            position: Position(3),
            ..
        }
    ));
}

#[tokio::test]
async fn a_batch_that_does_not_begin_at_the_checkpoint_writes_nothing() {
    let database = database().await;
    let projector = balances(&database).await;
    projector.resume(STORE).await.unwrap();
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();

    for (after, position) in [(0, 1), (2, 3)] {
        let batch = batch(after, vec![deposit(position, "a", 5)]);
        let refused = projector.apply(batch).await.unwrap_err();
        let expected = Position(after);
        assert!(matches!(
            refused,
            ProjectionError::Moved { expected: e, actual: Position(1) } if e == expected
        ));
    }
    assert_eq!(balance(&database, "a").await, Some(5));
    assert_eq!(projector.resume(STORE).await.unwrap(), Position(1));
}

#[tokio::test]
async fn the_read_model_of_another_store_is_refused() {
    let database = database().await;
    balances(&database).await.resume(OTHER_STORE).await.unwrap();

    let refused = balances(&database).await.resume(STORE).await.unwrap_err();

    assert!(matches!(
        refused,
        ProjectionError::WrongStore {
            expected: STORE,
            actual: OTHER_STORE,
            ..
        }
    ));
}

#[tokio::test]
async fn a_projector_writes_nothing_once_its_read_model_belongs_to_another_store() {
    let database = database().await;
    let projector = balances(&database).await;
    projector.resume(STORE).await.unwrap();
    let other = OTHER_STORE.to_string();
    database
        .write(move |tx| tx.execute("update annals_checkpoints set store = ?", [other]))
        .await
        .unwrap();

    let refused = projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap_err();

    assert!(matches!(refused, ProjectionError::WrongStore { .. }));
    assert_eq!(balance(&database, "a").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_projectors_at_once_never_apply_twice() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("read-models.db");
    let (one, two) = (
        Database::open(&path).await.unwrap(),
        Database::open(&path).await.unwrap(),
    );
    let run = async |database: &Database| {
        let projector = balances(database).await;
        let mut position = projector.resume(STORE).await.unwrap().0;
        while position < 50 {
            let next = batch(position, vec![deposit(position + 1, "a", 1)]);
            position = match projector.apply(next).await {
                Ok(()) => position + 1,
                Err(ProjectionError::Moved { actual, .. }) => actual.0,
                Err(other) => panic!("{other}"),
            };
        }
    };
    tokio::join!(run(&one), run(&two));
    assert_eq!(balance(&one, "a").await, Some(50));
}

#[tokio::test]
async fn a_row_is_deleted_when_its_fold_ends() {
    let database = database().await;
    let projector = balances(&database).await;
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    let closed = recorded(2, "a", &AccountEvent::Closed);
    projector.apply(batch(1, vec![closed])).await.unwrap();
    assert_eq!(balance(&database, "a").await, None);
}

#[tokio::test]
async fn a_table_that_is_not_its_own_is_not_taken_over() {
    let database = database().await;
    let create = "create table balances (anything text) strict";
    database
        .write(move |tx| tx.execute_batch(create))
        .await
        .unwrap();
    let refused = database.projector(TableFold::of_rows::<Balance>()).await;
    assert!(matches!(refused.err(), Some(QueryError::Refused { .. })));
}

/// Who owns which nickname; no two accounts have the same, in whatever case.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(
    table = "nicknames",
    index(expression = "lower(nickname)", name = "by_nickname", unique)
)]
struct Nickname {
    #[key]
    account: String,
    nickname: String,
}

impl Projection for Nickname {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(_: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let AccountEvent::Transferred { to, .. } = &event.event else {
            return None;
        };
        Some(Self {
            account: account.clone(),
            nickname: to.clone(),
        })
    }
}

fn named(position: u64, account: &str, nickname: &str) -> RecordedEvent {
    let to = nickname.to_owned();
    let event = AccountEvent::Transferred { cents: 0, to };
    recorded(position, account, &event)
}

#[tokio::test]
async fn values_that_must_be_unique_may_change_places_within_a_batch() {
    let database = database().await;
    let projector = projector_of::<Nickname>(&database).await;
    let events = vec![named(1, "a", "x"), named(2, "b", "y")];
    projector.apply(batch(0, events)).await.unwrap();

    let events = vec![named(3, "a", "z"), named(4, "b", "X"), named(5, "a", "Y")];
    projector.apply(batch(2, events)).await.unwrap();

    let row = database.table::<Nickname>().get(&"a".to_owned()).await;
    assert_eq!(row.unwrap().unwrap().nickname, "Y");
}

#[tokio::test]
async fn a_value_that_is_there_already_names_the_event_that_brings_it_again() {
    let database = database().await;
    let projector = projector_of::<Nickname>(&database).await;
    let events = vec![named(1, "b", "x")];
    projector.apply(batch(0, events)).await.unwrap();

    let events = vec![named(2, "c", "y"), named(3, "a", "X")];
    let failure = projector.apply(batch(1, events)).await.unwrap_err();

    let at_the_third =
        matches!(failure, ProjectionError::Event { position, .. } if position.0 == 3);
    assert!(at_the_third, "{failure}");
    assert_eq!(count(&database, "nicknames").await, 1);
}

#[tokio::test]
async fn a_read_model_that_is_not_what_was_declared_is_damaged_and_not_unavailable() {
    let database = database().await;
    let projector = balances(&database).await;
    let drop_table = "drop table balances";
    database
        .write(|tx| tx.execute_batch(drop_table))
        .await
        .unwrap();
    let events = vec![deposit(1, "a", 5)];
    let failure = projector.apply(batch(0, events)).await.unwrap_err();
    assert!(
        matches!(failure, ProjectionError::Damaged { .. }),
        "{failure}"
    );
}
