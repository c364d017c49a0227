//! A projection over several tables: its rows commit together, and tell each other where to go.

use annals_core::{NotLoaded, Recorded, Rows, Selection, TableProjection, TableShape, Timestamp};
use annals_macros::ReadModel;

use super::bank::{AccountEvent, Balance, deposit, recorded, transfer};
use super::subject::Subject;

/// A deposit, with what the account held after it.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "statement_lines")]
struct StatementLine {
    #[key]
    account: String,
    #[key]
    number: u64,
    held: i64,
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
            AccountEvent::Poisoned => {}
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
    });
    Ok(())
}

async fn lines(subject: &Subject) -> Vec<(String, i64)> {
    let lines = subject.list(Selection::<StatementLine>::new()).await;
    let lines = lines.into_iter();
    lines.map(|line| (line.account, line.held)).collect()
}

pub(super) async fn rows_of_all_tables_and_the_checkpoint_move_together(subject: Subject) {
    let statements = subject.tables::<Statements>().await;
    let events = vec![deposit(1, "a", 5), deposit(2, "b", 7), deposit(3, "a", 1)];
    statements.apply(0, events).await;
    let closed = recorded(5, "b", &AccountEvent::Closed);
    statements.apply(3, vec![deposit(4, "a", 2), closed]).await;
    assert_eq!(subject.balance("a").await, Some(8));
    assert_eq!(subject.balance("b").await, None);
    let held = [("a", 5), ("a", 6), ("a", 8), ("b", 7)];
    assert_eq!(
        lines(&subject).await,
        held.map(|(account, held)| (account.to_owned(), held))
    );
    assert_eq!(statements.position().await.0, 5);
}

pub(super) async fn a_row_tells_where_others_go_in_its_own_batch_and_in_later_ones(
    subject: Subject,
) {
    let statements = subject.tables::<Statements>().await;
    let events = vec![
        deposit(1, "b", 100),
        transfer(2, "a", 0, "b"),
        deposit(3, "a", 5),
    ];
    statements.apply(0, events).await;
    statements.apply(3, vec![deposit(4, "a", 6)]).await;
    assert_eq!(subject.balance("a").await, None);
    assert_eq!(subject.balance("b").await, Some(111));
}
