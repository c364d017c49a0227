//! A projection over several tables: its rows load many at once, and commit together.

use annals_core::{
    NotLoaded, Position, Recorded, Rows, Selection, TableFold, TableProjection, TableShape,
};
use annals_macros::ReadModel;

use crate::bank::{AccountEvent, Balance, Database, STORE, batch, deposit, recorded};

/// A deposit, with what the account held after it.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "statement_lines", index(json(details)))]
struct StatementLine {
    #[key]
    account: String,
    #[key]
    position: Position,
    held: i64,
    details: serde_json::Value,
}

struct Statements;

impl TableProjection for Statements {
    type Event = AccountEvent;
    const NAME: &'static str = "statements";
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![
            TableShape::of::<StatementLine>(),
            TableShape::of::<Balance>(),
        ]
    }

    fn apply(rows: &mut Rows, event: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        let account = event.record.stream.id().to_owned();
        let before = rows.get::<Balance>(&account)?.map_or(0, |row| row.cents);
        let AccountEvent::Deposited { cents } = event.event else {
            rows.delete::<Balance>(&account);
            return Ok(());
        };
        rows.put(Balance {
            account: account.clone(),
            cents: before + cents,
        });
        rows.put(StatementLine {
            account,
            position: event.record.position,
            held: before + cents,
            details: serde_json::json!({"cents": cents, "note": {"by": ["teller", null, 1.5]}}),
        });
        Ok(())
    }
}

#[tokio::test]
async fn rows_of_all_tables_and_the_checkpoint_move_together() {
    let database = Database::new().await;
    let fold = TableFold::of_tables::<Statements>();
    let projector = database.read_models.projector(fold).await.unwrap();
    projector.resume(STORE).await.unwrap();
    let events = vec![deposit(1, "a", 5), deposit(2, "b", 7), deposit(3, "a", 1)];
    projector.apply(batch(0, events)).await.unwrap();
    let closed = recorded(5, "b", &AccountEvent::Closed);
    projector
        .apply(batch(3, vec![deposit(4, "a", 2), closed]))
        .await
        .unwrap();

    assert_eq!(database.balance("a").await, Some(8));
    assert_eq!(database.balance("b").await, None);
    assert_eq!(projector.position(STORE).await.unwrap(), Position(5));
    let lines = database
        .table::<StatementLine>()
        .list(Selection::new())
        .await
        .unwrap();
    let held: Vec<i64> = lines.iter().map(|line| line.held).collect();
    assert_eq!(held, [5, 6, 8, 7]);
}

#[tokio::test]
async fn json_is_read_as_it_was_written_and_found_by_what_it_holds() {
    let database = Database::new().await;
    let fold = TableFold::of_tables::<Statements>();
    let projector = database.read_models.projector(fold).await.unwrap();
    projector.resume(STORE).await.unwrap();
    let events = vec![deposit(1, "a", 5), deposit(2, "b", 7)];
    projector.apply(batch(0, events)).await.unwrap();

    let table = database.table::<StatementLine>();
    let sevens = Selection::new().containing("details", &serde_json::json!({"cents": 7}));
    let found = table.list(sevens).await.unwrap();

    let details = serde_json::json!({"cents": 7, "note": {"by": ["teller", null, 1.5]}});
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].details, details);
    let same = Selection::new().equal("details", &details);
    assert_eq!(table.list(same).await.unwrap(), found);
    let all = serde_json::json!({"note": {"by": ["teller"]}});
    assert_eq!(
        table
            .list(Selection::new().containing("details", &all))
            .await
            .unwrap()
            .len(),
        2
    );
}

/// The same projection, as later code declares it: without the lines.
struct BalancesAlone;

impl TableProjection for BalancesAlone {
    type Event = AccountEvent;
    const NAME: &'static str = Statements::NAME;
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
        TableFold::of_tables::<Statements>(),
        TableFold::of_tables::<BalancesAlone>(),
        TableFold::of_tables::<Statements>(),
    ] {
        let lines_are_declared = fold.tables().len() == 2;
        database.read_models.projector(fold).await.unwrap();
        let lines = "select to_regclass('{read}.statement_lines') is not null";
        assert_eq!(database.is_so(lines).await, lines_are_declared);
    }
}
