//! A read model that is declared otherwise is made again from the first event.

#![expect(
    clippy::duplicated_attributes,
    reason = "two indexes are on one column"
)]

use annals_core::{
    NotLoaded, Position, Projection, QueryError, Recorded, Rows, Selection, TableFold,
    TableProjection, TableShape,
};
use annals_macros::ReadModel;

use super::bank::{AccountEvent, Balance, deposit};
use super::subject::Subject;

/// The balances as later code declares them, with a column more.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
struct CountedBalance {
    #[key]
    account: String,
    cents: i64,
    deposits: u32,
}

impl Projection for CountedBalance {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        Balance::keys(event)
    }

    fn fold(row: Option<Self>, account: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
        let deposits = row.map_or(0, |row| row.deposits) + 1;
        let account = account.clone();
        Some(Self {
            account,
            cents: 0,
            deposits,
        })
    }
}

/// Declares the balances as they are, of a revision of the fold or of one category alone.
macro_rules! balances_again {
    ($name:ident, $revision:literal, $categories:expr) => {
        #[derive(ReadModel, Debug, Clone, PartialEq)]
        #[read_model(table = "balances")]
        pub(super) struct $name {
            #[key]
            account: String,
            cents: i64,
        }

        impl Projection for $name {
            type Event = AccountEvent;
            const FOLD_REVISION: u32 = $revision;
            const CATEGORIES: &'static [&'static str] = $categories;

            fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
                Balance::keys(event)
            }

            fn fold(row: Option<Self>, _: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
                row
            }
        }
    };
}

balances_again!(RevisedBalance, 2, &[]);
balances_again!(SavingsBalance, 1, &["Savings"]);

pub(super) async fn the_same_declaration_goes_on_where_it_was(mut subject: Subject) {
    for after in 0..3 {
        let balances = subject.rows::<Balance>().await;
        assert_eq!(balances.resume().await, Position(after));
        balances
            .apply(after, vec![deposit(after + 1, "a", 5)])
            .await;
        subject = subject.reopened().await;
    }
    assert_eq!(subject.balance("a").await, Some(15));
}

pub(super) async fn another_column_rebuilds_the_table(subject: Subject) {
    let events = || vec![deposit(1, "a", 5)];
    subject.rows::<Balance>().await.apply(0, events()).await;
    let counted = subject.rows::<CountedBalance>().await;
    assert_eq!(counted.position().await, Position::START);
    counted.apply(0, events()).await;
    let row = subject.get::<CountedBalance>(&"a".to_owned()).await;
    assert_eq!(row.map(|row| row.deposits), Some(1));
}

pub(super) async fn another_revision_of_the_fold_rebuilds_the_table(subject: Subject) {
    rebuilds::<RevisedBalance>(subject).await;
}

pub(super) async fn other_events_rebuild_the_table(subject: Subject) {
    rebuilds::<SavingsBalance>(subject).await;
}

async fn rebuilds<P: Projection>(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, vec![deposit(1, "a", 5)]).await;
    let otherwise = subject.rows::<P>().await;
    assert_eq!(otherwise.position().await, Position::START);
    assert_eq!(subject.balance("a").await, None);
}

/// Another read model.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "openings")]
struct Opening {
    #[key]
    account: String,
}

impl Projection for Opening {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(_: Option<Self>, account: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
        let account = account.clone();
        Some(Self { account })
    }
}

pub(super) async fn a_rebuild_leaves_other_read_models_alone(subject: Subject) {
    let openings = subject.rows::<Opening>().await;
    openings.apply(0, vec![deposit(1, "a", 5)]).await;
    subject.rows::<Balance>().await;
    subject.rows::<RevisedBalance>().await;
    assert_eq!(openings.position().await, Position(1));
    assert!(subject.get::<Opening>(&"a".to_owned()).await.is_some());
}

/// Declares a projection of several tables that leaves them empty.
macro_rules! tables {
    ($name:ident, $projection:literal, [$($table:ty),+]) => {
        struct $name;

        impl TableProjection for $name {
            type Event = AccountEvent;
            const NAME: &'static str = $projection;
            const REVISION: u32 = 1;

            fn tables() -> Vec<TableShape> {
                vec![$(TableShape::of::<$table>()),+]
            }

            fn apply(_: &mut Rows, _: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
                Ok(())
            }
        }
    };
}

tables!(BalancesAndOpenings, "accounts", [Balance, Opening]);
tables!(BalancesAlone, "accounts", [Balance]);

pub(super) async fn a_table_that_is_no_longer_declared_is_dropped(subject: Subject) {
    subject.tables::<BalancesAndOpenings>().await;
    subject.tables::<BalancesAlone>().await;
    let dropped = subject.table::<Opening>().list(Selection::new()).await;
    let gone = matches!(dropped, Err(QueryError::Refused { .. }));
    assert!(gone, "{dropped:?}");
    // Nothing is left in the way of whoever declares it next.
    subject.rows::<Opening>().await;
}

pub(super) async fn the_table_of_another_projection_is_refused_and_stays(subject: Subject) {
    let openings = subject.rows::<Opening>().await;
    openings.apply(0, vec![deposit(1, "a", 5)]).await;
    subject.tables::<BalancesAlone>().await;
    let both = TableFold::of_tables::<BalancesAndOpenings>();
    let refused = subject.read_models.projector(both).await;
    assert!(matches!(refused.err(), Some(QueryError::Refused { .. })));
    assert!(subject.get::<Opening>(&"a".to_owned()).await.is_some());
    assert_eq!(openings.position().await, Position(1));
}

/// Indexes whose names are alike in their first 63 bytes.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(
    table = "payments_between_accounts_of_all_kinds",
    index(counterparty_of_the_payment, booked_at),
    index(counterparty_of_the_payment, booked_at, cents)
)]
struct Payment {
    #[key]
    number: u64,
    counterparty_of_the_payment: String,
    booked_at: u64,
    cents: i64,
}

impl Projection for Payment {
    type Event = AccountEvent;

    fn keys(_: &Recorded<AccountEvent>) -> Vec<u64> {
        Vec::new()
    }

    fn fold(row: Option<Self>, _: &u64, _: &Recorded<AccountEvent>) -> Option<Self> {
        row
    }
}

pub(super) async fn indexes_whose_long_names_begin_alike_are_made_both(subject: Subject) {
    subject.rows::<Payment>().await;
}
