//! The contract of [`SideStore`] as a suite of cases. Each cites the line of the contract that it holds a
//! store to.
//!
//! A store enrols by saying how it is opened:
//!
//! ```ignore
//! annals_testing::side_stores_suite!(MyValues::new());
//! ```
//!
//! In reading order: `cases` is the list of all cases; `subject` is the store under test; every other
//! module is a theme with its cases.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use annals_core::SideStore;
use async_trait::async_trait;

use crate::conformance::panic_message;
use subject::Subject;

mod cases;
mod subject;

mod deleting;
mod keeping;

pub use cases::CASES;

/// How the suite comes by one side store.
#[async_trait]
pub trait Keeping: Send + Sync + 'static {
    /// Opens it, as one more process would. The first one finds it empty. Panics when there is none to be
    /// had.
    async fn open(&self) -> Arc<dyn SideStore>;
}

/// One promise of the contract, put to the test.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The line of the contract that it cites.
    pub line: u8,
    /// Its theme and the promise: `keeping::values_are_found_in_the_order_they_are_asked_for`.
    pub name: &'static str,
    run: fn(Subject) -> RunningCase,
}

type RunningCase = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Case {
    /// Runs the case on an empty side store.
    ///
    /// # Errors
    /// What was seen, when the promise is broken.
    pub async fn run(&self, keeping: Arc<dyn Keeping>) -> Result<(), String> {
        let run = self.run;
        // In a task of its own, so that a failed assertion is told with its case.
        let ran = tokio::spawn(async move { run(Subject::open(keeping).await).await }).await;
        ran.map_err(|failure| panic_message(&*failure.into_panic()))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "contract line {}, {}", self.line, self.name)
    }
}

/// Runs the case of that name as a test. [`side_stores_suite!`](crate::side_stores_suite) calls it.
///
/// # Panics
/// When the store does not keep the promise, or there is no such case.
pub async fn check(name: &str, keeping: impl Keeping) {
    let case = CASES.iter().find(|case| case.name == name);
    let case = case.unwrap_or_else(|| panic!("there is no case named {name}"));
    if let Err(seen) = case.run(Arc::new(keeping)).await {
        panic!("{case}: {seen}");
    }
}
