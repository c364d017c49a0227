//! The contracts of [`ReadModels`], of their [`Projector`]s, of their
//! [`DeadLetters`](annals_core::DeadLetters), of their [`Ledger`](annals_core::Ledger)s and of their
//! [`Editions`](annals_core::Editions) as a suite of cases. Each cites the line of the contract that
//! it holds a database to.
//!
//! A database enrols by saying how read models are opened, and how tables by hand are kept in it:
//!
//! ```ignore
//! annals_testing::read_models_suite!(MyDatabase::new());
//! ```
//!
//! In reading order: `cases` is the list of all cases; [`bank`] is what they keep, for tests of one
//! database as well; `subject` is the database under test; every other module is a theme with its
//! cases.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use annals_core::{Projector, ReadModels};
use async_trait::async_trait;

use crate::conformance::panic_message;

pub mod bank;
mod cases;
mod subject;

mod batches;
mod by_hand;
mod checkpoints;
mod dead_letters;
mod declarations;
mod editions;
mod effects;
mod indexes;
mod ledgers;
mod others;
mod replacements;
mod scratch;
mod selections;
mod several_tables;
mod snapshots;
mod values;

pub use by_hand::ByHand;
pub use cases::CASES;
use subject::Subject;

/// How the suite comes by read models in one database.
#[async_trait]
pub trait Database: Send + Sync + 'static {
    /// Opens the read models, as one more process would. The first one finds them empty. Panics
    /// when there is no database to be had.
    async fn open(&self) -> Arc<dyn ReadModels>;

    /// Makes tables by hand, as one more process would, and what keeps them; it is not resumed.
    async fn by_hand(&self, declared: ByHand) -> Arc<dyn Projector>;

    /// Runs a statement that every database understands, as others may do who are let in. Names
    /// without a schema are those of read models.
    async fn execute(&self, sql: &str);
}

/// Whose promise a case puts to the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contract {
    /// That of [`annals_core::ReadModels`].
    ReadModels,
    /// That of [`annals_core::Projector`].
    Projector,
    /// That of [`annals_core::DeadLetters`].
    DeadLetters,
    /// That of [`annals_core::Ledger`].
    Ledger,
    /// That of [`annals_core::Editions`].
    Editions,
}

/// One promise of a contract, put to the test.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Which contract.
    pub contract: Contract,
    /// The line of the contract that it cites.
    pub line: u8,
    /// Its theme and the promise: `checkpoints::a_batch_moves_rows_and_checkpoint`.
    pub name: &'static str,
    run: fn(Subject) -> RunningCase,
}

type RunningCase = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Case {
    /// Runs the case on an empty database. Panics when the promise is broken.
    pub async fn run(&self, database: Arc<dyn Database>) {
        (self.run)(Subject::open(database).await).await;
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} line {}, {}", self.contract, self.line, self.name)
    }
}

/// Runs the case of that name as a test. [`read_models_suite!`](crate::read_models_suite) calls it.
///
/// # Panics
/// When the database does not keep the promise, or there is no such case.
pub async fn check(name: &str, database: impl Database) {
    let case = CASES.iter().find(|case| case.name == name);
    let case = case.unwrap_or_else(|| panic!("there is no case named {name}"));
    // In a task of its own, so that a failed assertion is told with its case.
    let ran = tokio::spawn(case.run(Arc::new(database))).await;
    if let Err(failure) = ran {
        panic!("{case}: {}", panic_message(&*failure.into_panic()));
    }
}
