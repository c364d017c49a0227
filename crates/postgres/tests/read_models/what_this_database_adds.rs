//! What read models on PostgreSQL do beyond those of every database.

use annals_core::{
    Position, Projection, ProjectionError, Recorded, RecordedEvent, Selection, TableFold,
};
use annals_macros::ReadModel;
use annals_postgres::PostgresReadModels;

use crate::bank::{AccountEvent, Balance, Database, Deposits, STORE, batch, deposit, transfer};

/// What is noted of an account.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "notes", index(full_text(text)))]
struct Note {
    #[key]
    account: String,
    text: Option<String>,
}

impl Projection for Note {
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
            text: Some(to.clone()),
        })
    }
}

fn note(position: u64, account: &str, text: &str) -> RecordedEvent {
    transfer(position, account, 0, text)
}

async fn accounts(database: &Database, words: &str) -> Vec<String> {
    let with_words = Selection::<Note>::new().matching("text", words);
    let notes = database.table().list(with_words).await.unwrap();
    notes.into_iter().map(|note| note.account).collect()
}

#[tokio::test]
async fn a_text_is_found_by_its_words() {
    let database = Database::new().await;
    let projector = database.projector::<Note>().await;
    let events = vec![note(1, "a", "Even and odd"), note(2, "b", "even, more so")];
    projector.apply(batch(0, events)).await.unwrap();
    assert_eq!(accounts(&database, "EVEN").await, ["a", "b"]);
    assert_eq!(accounts(&database, "odd even").await, ["a"]);
    assert_eq!(accounts(&database, "even odd so").await, [""; 0]);
    // Words are what was typed, and no language of their own.
    assert_eq!(accounts(&database, "-odd or \"even\"").await, [""; 0]);
    assert_eq!(accounts(&database, "-odd & (!\"even\"").await, ["a"]);
    assert_eq!(accounts(&database, " '- ").await, [""; 0]);
    assert_eq!(accounts(&database, "even\0").await, [""; 0]);
}

#[tokio::test]
async fn many_that_start_at_once_make_the_tables_once() {
    let database = Database::new().await;
    let start = || async {
        let typed = TableFold::of_rows::<Balance>();
        database.read_models.projector(typed).await.unwrap();
        PostgresReadModels::open(&database.postgres)
            .sql_projector(Deposits::<1>)
            .await
            .unwrap()
    };
    let projectors = futures_util::future::join_all((0..6).map(|_| start())).await;
    for (projector, after) in projectors.iter().zip(0..) {
        assert_eq!(projector.resume(STORE).await.unwrap(), Position(after));
        let batch = batch(after, vec![deposit(after + 1, "a", 1)]);
        projector.apply(batch).await.unwrap();
    }
}

#[tokio::test]
async fn a_column_of_another_type_is_told_with_both_types() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    let events = vec![deposit(1, "a", 5)];
    projector.apply(batch(0, events)).await.unwrap();
    let retype = "alter table {read}.balances alter column cents type numeric";
    database.execute(retype).await;

    let key = "a".to_owned();
    let refused = database.table::<Balance>().get(&key).await.unwrap_err();
    assert!(refused.to_string().contains("`numeric`"), "{refused}");
    let failure = projector.apply(batch(1, vec![deposit(2, "a", 5)])).await;
    assert!(matches!(failure, Err(ProjectionError::Damaged { .. })));
}
