//! What read models on PostgreSQL do beyond those of every database.

use annals_core::{
    NotLoaded, Position, Projection, Projector as _, Recorded, RecordedEvent, Rows, Selection,
    TableFold, TableProjection, TableShape,
};
use annals_macros::ReadModel;
use annals_postgres::SqlProjector;

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
}

/// The balances, and the notes of the same accounts.
struct BalancesAndNotes;

impl TableProjection for BalancesAndNotes {
    type Event = AccountEvent;
    const NAME: &'static str = "accounts";
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![TableShape::of::<Balance>(), TableShape::of::<Note>()]
    }

    fn apply(_: &mut Rows, _: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        Ok(())
    }
}

/// The same projection, as later code declares it: without the notes.
struct BalancesAlone;

impl TableProjection for BalancesAlone {
    type Event = AccountEvent;
    const NAME: &'static str = BalancesAndNotes::NAME;
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![TableShape::of::<Balance>()]
    }

    fn apply(_: &mut Rows, _: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        Ok(())
    }
}

#[tokio::test]
async fn a_table_that_is_no_longer_declared_is_dropped() {
    let database = Database::new().await;
    for fold in [
        TableFold::of_tables::<BalancesAndNotes>(),
        TableFold::of_tables::<BalancesAlone>(),
        TableFold::of_tables::<BalancesAndNotes>(),
    ] {
        let notes_are_declared = fold.tables().len() == 2;
        database.read_models.projector(fold).await.unwrap();
        let notes = "select to_regclass('{read}.notes') is not null";
        assert_eq!(database.is_so(notes).await, notes_are_declared);
    }
}

#[tokio::test]
async fn many_that_start_at_once_make_the_tables_once() {
    let database = Database::new().await;
    let start = || async {
        let typed = TableFold::of_rows::<Balance>();
        database.read_models.projector(typed).await.unwrap();
        SqlProjector::new(&database.postgres, Deposits::<1>)
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
