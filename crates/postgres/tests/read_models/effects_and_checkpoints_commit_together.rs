//! The effect of a batch and the checkpoint behind it: both, once, or neither.

use annals_core::{
    Position, Projection, ProjectionError, Projector as _, QueryError, Recorded, TableFold,
};
use annals_macros::ReadModel;
use annals_postgres::tokio_postgres::types::Type;
use annals_postgres::{PostgresError, SqlProjection, SqlProjector, Transaction};
use async_trait::async_trait;

use crate::bank::{AccountEvent, Balance, Database, OTHER_STORE, STORE, batch, deposit, recorded};

/// The position of the event that a failure names.
fn failed_at(failure: &ProjectionError) -> u64 {
    match failure {
        ProjectionError::Event { position, .. } => position.0,
        other => panic!("no event is named: {other}"),
    }
}

#[tokio::test]
async fn a_batch_moves_rows_and_checkpoint() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    assert_eq!(projector.position(STORE).await.unwrap(), Position::START);

    let events = vec![deposit(1, "a", 5), deposit(2, "b", 7), deposit(4, "a", 1)];
    projector.apply(batch(0, events)).await.unwrap();

    assert_eq!(database.balance("a").await, Some(6));
    assert_eq!(database.balance("b").await, Some(7));
    assert_eq!(projector.position(STORE).await.unwrap(), Position(4));
}

#[tokio::test]
async fn a_batch_without_events_moves_the_checkpoint() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    let mut empty = batch(0, vec![]);
    empty.up_to = Position(90);
    projector.apply(empty).await.unwrap();
    assert_eq!(projector.resume(STORE).await.unwrap(), Position(90));
}

#[tokio::test]
async fn rows_and_checkpoint_are_there_after_reopening() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();

    let database = database.reopened().await;
    let projector = database.projector::<Balance>().await;

    assert_eq!(projector.resume(STORE).await.unwrap(), Position(1));
    assert_eq!(database.balance("a").await, Some(5));
}

#[tokio::test]
async fn a_panic_in_the_middle_writes_neither_and_names_the_event() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    let poisoned = recorded(2, "b", &AccountEvent::Poisoned);
    let events = vec![deposit(1, "a", 5), poisoned, deposit(3, "a", 5)];

    let failure = projector.apply(batch(0, events)).await.unwrap_err();

    let message = "event at position 2 cannot be applied: the projection panicked: poisoned";
    assert_eq!(failure.to_string(), message);
    assert_eq!(database.balance("a").await, None);
    assert_eq!(projector.position(STORE).await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_refused_statement_or_a_panic_by_hand_writes_neither_and_names_the_event() {
    for poison in [AccountEvent::Poisoned, AccountEvent::Closed] {
        let database = Database::new().await;
        let projector = database.deposits::<1>().await;
        let events = vec![deposit(1, "a", 5), recorded(2, "b", &poison)];

        let failure = projector.apply(batch(0, events)).await.unwrap_err();

        assert_eq!(failed_at(&failure), 2);
        assert_eq!(database.count("deposits").await, 0);
        assert_eq!(projector.position(STORE).await.unwrap(), Position::START);

        projector
            .apply(batch(0, vec![deposit(1, "a", 5)]))
            .await
            .unwrap();
        assert_eq!(database.count("deposits").await, 1);
    }
}

/// Sends a text where a number belongs.
struct Mistaken;

#[async_trait]
impl SqlProjection for Mistaken {
    type Event = AccountEvent;
    const NAME: &'static str = "mistaken";
    const TABLES: &'static [&'static str] = &[];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        ""
    }

    async fn apply(
        &self,
        tx: &Transaction<'_>,
        _: &Recorded<AccountEvent>,
    ) -> Result<(), PostgresError> {
        tx.rows("select $1", &[(&"one", Type::INT8)]).await?;
        Ok(())
    }
}

#[tokio::test]
async fn a_parameter_of_another_type_names_the_event() {
    let database = Database::new().await;
    let projector = SqlProjector::new(&database.postgres, Mistaken)
        .await
        .unwrap();
    projector.resume(STORE).await.unwrap();
    let failure = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;
    assert_eq!(failed_at(&failure.unwrap_err()), 1);
}

#[tokio::test]
async fn of_many_rows_written_at_once_the_one_that_is_refused_names_its_event() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    let unheard_of = "a\0b".to_owned();
    let refused = AccountEvent::Transferred {
        cents: 5,
        to: unheard_of,
    };
    let events = vec![
        deposit(1, "a", 5),
        recorded(2, "b", &refused),
        deposit(3, "c", 5),
    ];

    let failure = projector.apply(batch(0, events)).await.unwrap_err();

    assert_eq!(failed_at(&failure), 2);
    assert_eq!(database.count("balances").await, 0);
    assert_eq!(projector.position(STORE).await.unwrap(), Position::START);
}

/// Who owns which nickname; no two accounts have the same.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "nicknames", index(nickname, unique))]
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

fn named(position: u64, account: &str, nickname: &str) -> annals_core::RecordedEvent {
    let to = nickname.to_owned();
    recorded(
        position,
        account,
        &AccountEvent::Transferred { cents: 0, to },
    )
}

#[tokio::test]
async fn values_that_must_be_unique_may_change_places_within_a_batch() {
    let database = Database::new().await;
    let projector = database.projector::<Nickname>().await;
    let events = vec![named(1, "a", "x"), named(2, "b", "y")];
    projector.apply(batch(0, events)).await.unwrap();

    let events = vec![named(3, "a", "z"), named(4, "b", "x"), named(5, "a", "y")];
    projector.apply(batch(2, events)).await.unwrap();

    let row = database.table::<Nickname>().get(&"a".to_owned()).await;
    assert_eq!(row.unwrap().unwrap().nickname, "y");
}

#[tokio::test]
async fn a_value_that_is_there_already_names_the_event_that_brings_it_again() {
    let database = Database::new().await;
    let projector = database.projector::<Nickname>().await;
    let events = vec![named(1, "b", "x"), named(2, "c", "y"), named(3, "a", "x")];

    let failure = projector.apply(batch(0, events)).await.unwrap_err();

    assert_eq!(failed_at(&failure), 3);
    assert_eq!(database.count("nicknames").await, 0);
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
    let database = Database::new().await;
    let projector = database.projector::<Misfiled>().await;
    let failure = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;
    assert_eq!(failed_at(&failure.unwrap_err()), 1);
    assert_eq!(database.count("misfiled").await, 0);
}

#[tokio::test]
async fn an_event_that_cannot_be_decoded_is_named() {
    let database = Database::new().await;
    let mut newer = deposit(3, "a", 5);
    newer.schema_version = 2;
    for projector in [
        database.projector::<Balance>().await,
        std::sync::Arc::new(database.deposits::<1>().await),
    ] {
        let failure = projector.apply(batch(0, vec![newer.clone()])).await;
        assert_eq!(failed_at(&failure.unwrap_err()), 3);
    }
}

#[tokio::test]
async fn a_batch_that_does_not_begin_at_the_checkpoint_writes_nothing() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
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
    assert_eq!(database.balance("a").await, Some(5));
    assert_eq!(projector.resume(STORE).await.unwrap(), Position(1));
}

#[tokio::test]
async fn the_read_model_of_another_store_is_refused() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    for refused in [
        projector.resume(OTHER_STORE).await,
        projector.position(OTHER_STORE).await,
    ] {
        assert!(matches!(
            refused,
            Err(ProjectionError::WrongStore {
                expected: OTHER_STORE,
                actual: STORE,
                ..
            })
        ));
    }
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_projector_writes_nothing_once_its_read_model_belongs_to_another_store() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    let other = format!("update {{read}}.annals_checkpoints set store = '{OTHER_STORE}'");
    database.execute(&other).await;

    let refused = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;

    assert!(matches!(refused, Err(ProjectionError::WrongStore { .. })));
    assert_eq!(database.balance("a").await, None);
}

#[tokio::test]
async fn a_projector_that_was_not_resumed_writes_nothing() {
    let database = Database::new().await;
    let fold = TableFold::of_rows::<Balance>();
    let projector = database.read_models.projector(fold).await.unwrap();
    let refused = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;
    assert!(matches!(refused, Err(ProjectionError::Moved { .. })));
    assert_eq!(database.balance("a").await, None);
}

#[tokio::test]
async fn a_row_is_deleted_when_its_fold_ends() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    let closed = recorded(2, "a", &AccountEvent::Closed);
    projector.apply(batch(1, vec![closed])).await.unwrap();
    assert_eq!(database.balance("a").await, None);
}

#[tokio::test]
async fn a_table_that_is_not_its_own_is_not_taken_over() {
    let database = Database::new().await;
    database
        .execute("create table {read}.balances (anything text)")
        .await;
    let fold = TableFold::of_rows::<Balance>();
    let refused = database.read_models.projector(fold).await;
    assert!(matches!(refused.err(), Some(QueryError::Refused { .. })));
}
