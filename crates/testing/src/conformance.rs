//! The contract of [`EventStore`] as a suite of cases. Each cites the line of the contract that it
//! holds a store to.
//!
//! A backend enrols by saying how to open a fresh store and how to restart one:
//!
//! ```ignore
//! annals_testing::conformance_suite!(MyBackend::new());
//! ```
//!
//! In reading order: `cases` is the list of all cases; `subject` is the store under test and
//! `follower` one of its subscriptions, where waiting is bounded; `sample` and `random` make the
//! events; every other module is a theme with its cases.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use annals_core::EventStore;
use async_trait::async_trait;

mod cases;
mod follower;
mod random;
pub(crate) mod sample;
mod subject;

mod append;
mod conditions;
mod durability;
mod expected;
mod find_append;
mod idempotency;
mod limits;
mod live;
mod queries;
mod read;
mod refusals;
mod round_trip;
mod slow_readers;
mod subscribe;
mod versions;
mod visibility;

pub use cases::CASES;
pub(crate) use random::Random;
use subject::Subject;
pub(crate) use subject::{in_parallel, in_time};

/// How the suite comes by stores of one kind.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// A fresh, empty store. Panics when there is none to be had.
    async fn open(&self) -> Arc<dyn EventStore>;

    /// Crashes a store that this backend opened, without a chance to tidy up, and opens it again
    /// with what was durable. [`EventStore::id`] tells which one it is.
    async fn restart(&self, store: Arc<dyn EventStore>) -> Result<Arc<dyn EventStore>, Skip>;
}

/// Why a case cannot be run on a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// The reason, to be read after "skipped, because".
    pub because: String,
}

impl Skip {
    /// A skip with its reason.
    pub fn because(reason: impl Into<String>) -> Self {
        let because = reason.into();
        Self { because }
    }
}

/// One promise of the contract, put to the test.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The line of the contract that it cites.
    pub line: u8,
    /// Its theme and the promise: `append::a_conflict_in_one_of_several_streams_writes_none`.
    pub name: &'static str,
    run: fn(Subject) -> RunningCase,
}

type RunningCase = Pin<Box<dyn Future<Output = Result<(), Skip>> + Send>>;

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The store kept the promise.
    Passed,
    /// The store broke it; what was seen.
    Failed(String),
    /// The case could not be run on this backend.
    Skipped(Skip),
}

impl Case {
    /// Runs the case on a fresh store.
    pub async fn run(&self, backend: Arc<dyn Backend>) -> Outcome {
        let run = self.run;
        // In a task of its own, so that a failed assertion ends the case and not the suite.
        let task = tokio::spawn(async move { run(Subject::open(backend).await).await });
        match task.await {
            Ok(Ok(())) => Outcome::Passed,
            Ok(Err(skip)) => Outcome::Skipped(skip),
            Err(failure) => Outcome::Failed(panic_message(&*failure.into_panic())),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "contract line {}, {}", self.line, self.name)
    }
}

/// How all cases ended on one backend.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What the store keeps.
    pub passed: Vec<Case>,
    /// What it breaks, and what was seen.
    pub failed: Vec<(Case, String)>,
    /// What could not be run on it, and why.
    pub skipped: Vec<(Case, Skip)>,
}

/// Runs every case, one after the other.
pub async fn run_all(backend: Arc<dyn Backend>) -> Report {
    let mut report = Report::default();
    for case in CASES {
        match case.run(Arc::clone(&backend)).await {
            Outcome::Passed => report.passed.push(*case),
            Outcome::Failed(seen) => report.failed.push((*case, seen)),
            Outcome::Skipped(skip) => report.skipped.push((*case, skip)),
        }
    }
    report
}

/// Runs the case of that name as a test. [`conformance_suite!`](crate::conformance_suite) calls it.
///
/// # Panics
/// When the store does not keep the promise, or there is no such case.
pub async fn check(name: &str, backend: impl Backend) {
    let case = CASES.iter().find(|case| case.name == name);
    let case = case.unwrap_or_else(|| panic!("there is no case named {name}"));
    match case.run(Arc::new(backend)).await {
        Outcome::Passed => {}
        Outcome::Failed(seen) => panic!("{case}: {seen}"),
        Outcome::Skipped(skip) => eprintln!("{case}: skipped, because {}", skip.because),
    }
}

pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}
