//! A projection over several tables: its rows commit together, and tell each other where to go.

use std::sync::Arc;

use annals_core::{
    NotLoaded, Position, ProjectionError, Projector, ReadModels, Recorded, RecordedEvent, Rows,
    Selection, TableFold, TableProjection, TableShape, Timestamp,
};
use annals_macros::ReadModel;
use annals_sqlite::Database;
use serde_json::json;

use crate::bank::{AccountEvent, Balance, balance, batch, database, deposit, recorded};

/// A deposit, with what the account held after it.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "statement_lines", index(json(details)))]
struct StatementLine {
    #[key]
    account: String,
    #[key]
    number: u64,
    held: i64,
    details: serde_json::Value,
}

/// Which account gets what another one receives, since when.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "forwards")]
struct Forward {
    #[key]
    account: String,
    to: String,
    since: Timestamp,
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
            TableShape::of::<Forward>(),
        ]
    }

    fn apply(rows: &mut Rows, event: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        let account = event.record.stream.id().to_owned();
        match &event.event {
            AccountEvent::Deposited { cents } => deposited(rows, account, *cents, event)?,
            AccountEvent::Transferred { to, .. } => rows.put(Forward {
                account,
                to: to.clone(),
                since: event.record.recorded_at,
            }),
            AccountEvent::Closed => rows.delete::<Balance>(&account),
            AccountEvent::Poisoned => rows.put(StatementLine {
                account,
                number: u64::MAX,
                held: 0,
                details: json!({}),
            }),
        }
        Ok(())
    }
}

fn deposited(
    rows: &mut Rows,
    account: String,
    cents: i64,
    event: &Recorded<AccountEvent>,
) -> Result<(), NotLoaded> {
    let forward = rows.get::<Forward>(&account)?;
    let account = forward.map_or(account, |forward| forward.to);
    let before = rows.get::<Balance>(&account)?.map_or(0, |row| row.cents);
    let held = before + cents;
    rows.put(Balance {
        account: account.clone(),
        cents: held,
    });
    rows.put(StatementLine {
        account,
        number: event.record.position.0,
        held,
        details: json!({"z": cents, "a": ["teller", null, 1.5]}),
    });
    Ok(())
}

async fn statements(database: &Database) -> Arc<dyn Projector> {
    let fold = TableFold::of_tables::<Statements>();
    database.projector(fold).await.expect("the tables are made")
}

fn forward(position: u64, account: &str, to: &str) -> RecordedEvent {
    let to = to.to_owned();
    recorded(
        position,
        account,
        &AccountEvent::Transferred { cents: 0, to },
    )
}

async fn lines(database: &Database) -> Vec<(String, i64)> {
    let lines = database
        .table::<StatementLine>()
        .list(Selection::new())
        .await;
    let lines = lines.expect("the rows are read").into_iter();
    lines.map(|line| (line.account, line.held)).collect()
}

#[tokio::test]
async fn rows_of_all_tables_and_the_checkpoint_move_together() {
    let database = database().await;
    let projector = statements(&database).await;
    let events = vec![deposit(1, "a", 5), deposit(2, "b", 7), deposit(3, "a", 1)];
    projector.apply(batch(0, events)).await.unwrap();
    let closed = recorded(5, "b", &AccountEvent::Closed);
    let events = vec![deposit(4, "a", 2), closed];
    projector.apply(batch(3, events)).await.unwrap();

    assert_eq!(balance(&database, "a").await, Some(8));
    assert_eq!(balance(&database, "b").await, None);
    let held = [("a", 5), ("a", 6), ("a", 8), ("b", 7)];
    assert_eq!(
        lines(&database).await,
        held.map(|(account, held)| (account.to_owned(), held))
    );
}

#[tokio::test]
async fn a_row_tells_where_others_go_in_its_own_batch_and_in_later_ones() {
    let database = database().await;
    let projector = statements(&database).await;
    let events = vec![
        deposit(1, "b", 100),
        forward(2, "a", "b"),
        deposit(3, "a", 5),
    ];
    projector.apply(batch(0, events)).await.unwrap();
    projector
        .apply(batch(3, vec![deposit(4, "a", 6)]))
        .await
        .unwrap();

    assert_eq!(balance(&database, "a").await, None);
    assert_eq!(balance(&database, "b").await, Some(111));
}

#[tokio::test]
async fn json_is_read_as_it_was_written() {
    let database = database().await;
    let projector = statements(&database).await;
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();

    let details = json!({"a": ["teller", null, 1.5], "z": 5});
    let same = Selection::new().equal("details", &details);
    let lines = database.table::<StatementLine>().list(same).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].details, details);
}

#[tokio::test]
async fn a_number_that_no_column_can_hold_fails_at_its_event_and_changes_nothing() {
    let database = database().await;
    let projector = statements(&database).await;
    let too_large = recorded(2, "a", &AccountEvent::Poisoned);
    let events = vec![deposit(1, "a", 5), too_large];

    let failure = projector.apply(batch(0, events)).await.unwrap_err();

    assert_eq!(
        failure.to_string(),
        "event at position 2 cannot be applied: column number cannot hold TooLarge(18446744073709551615)"
    );
    assert_eq!(lines(&database).await, []);
}

#[tokio::test]
async fn a_row_that_its_read_model_cannot_hold_is_damage_and_nothing_is_written() {
    let database = database().await;
    let projector = statements(&database).await;
    projector
        .apply(batch(0, vec![forward(1, "a", "b")]))
        .await
        .unwrap();
    let damage = "update forwards set since = 'yesterday'";
    database.write(|tx| tx.execute_batch(damage)).await.unwrap();

    let events = vec![deposit(2, "c", 5), deposit(3, "a", 5)];
    let failure = projector.apply(batch(1, events)).await.unwrap_err();

    assert!(
        matches!(failure, ProjectionError::Damaged { .. }),
        "{failure}"
    );
    assert_eq!(lines(&database).await, []);
    let checkpoint = projector.resume(crate::bank::STORE).await;
    assert_eq!(checkpoint.unwrap(), Position(1));
}
