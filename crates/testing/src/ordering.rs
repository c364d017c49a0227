//! Whether readers and subscribers of a store can miss, repeat or reorder events, as a suite of
//! cases that try to make them.
//!
//! A backend enrols by saying what can be done to its stores; what cannot be done is skipped, with
//! its reason. The cases that are skipped are listed, by what their names begin with: any other
//! skip is a failure, so that none goes unnoticed.
//!
//! ```ignore
//! annals_testing::ordering_suite!(MyAdversary::new(), skips: ["pooled"]);
//! ```
//!
//! In reading order: `cases` is the list of all cases; `trial` is the store under trial and
//! `ledger` what it acknowledged; `follower` are readers that keep a checkpoint, and `trail` what
//! they saw; `judge` compares all of it in the end; `in_process` stands in for a connection where
//! there is none; every other module is a theme with its cases.

use std::pin::Pin;
use std::sync::Arc;

use annals_core::{Append, AppendError, Appended, EventStore};
use async_trait::async_trait;

use crate::conformance::panic_message;
pub use crate::conformance::{Outcome, Skip};

mod cases;
mod follower;
mod in_process;
mod judge;
mod ledger;
mod trail;
mod trial;

mod cut;
mod held;
mod paging;
mod pooled;
mod racing;
mod reconnecting;
mod restored;
mod rolled_back;

pub use cases::CASES;
pub use in_process::InProcess;
use trial::Trial;

/// How the suite comes by stores of one kind, and what it can do to them.
///
/// Every capability that is asked for a store gets one that [`open`](Self::open) returned.
#[async_trait]
pub trait Adversary: Send + Sync + 'static {
    /// A fresh, empty store. Panics when there is none to be had.
    async fn open(&self) -> Arc<dyn EventStore>;

    /// The same data through another handle, as another process would have one.
    async fn second_handle(&self, store: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip>;

    /// Begins an append, does all of it that can be done before its commit without keeping others
    /// from theirs (takes its number, inserts its rows), and leaves it there.
    async fn hold_open(
        &self,
        store: &dyn EventStore,
        append: Append,
    ) -> Result<Box<dyn Held>, Skip>;

    /// The same data over a line that can be cut.
    async fn cuttable(&self, store: &dyn EventStore) -> Result<Box<dyn Line>, Skip>;

    /// The same data through a pooler, where consecutive statements may run in different sessions.
    async fn pooled(&self, store: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip>;

    /// Dumps the data, maybe while writers are at work, and restores it in a fresh place, where
    /// nothing is left of what the first place counted.
    async fn dump_and_restore(&self, store: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip>;
}

/// An append that is held open before its commit.
#[async_trait]
pub trait Held: Send + Sync {
    /// Commits it.
    async fn commit(self: Box<Self>) -> Result<Appended, AppendError>;

    /// Rolls it back.
    async fn roll_back(self: Box<Self>);
}

/// A line to a store that can be cut.
pub trait Line: Send + Sync {
    /// The store at the other end.
    fn store(&self) -> Arc<dyn EventStore>;

    /// Cuts the line when `append` passes through it, the next time that it does.
    fn cut(&self, append: &Append, lost: Lost);

    /// How many appends were hit by a cut.
    fn cuts(&self) -> usize;
}

/// What is lost when a line is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The request: the store never hears of the append.
    Request,
    /// The answer: the store commits the append, and its caller does not learn it.
    Answer,
}

/// One way in which readers could be misled, put to the test.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Its theme and the promise: `racing::of_two_handles_that_race_for_a_version_one_wins`.
    pub name: &'static str,
    run: fn(Trial) -> RunningCase,
}

type RunningCase = Pin<Box<dyn Future<Output = Result<(), Skip>> + Send>>;

impl Case {
    /// Runs the case on a fresh store.
    pub async fn run(&self, adversary: Arc<dyn Adversary>) -> Outcome {
        let run = self.run;
        // In a task of its own, so that a failed assertion ends the case and not the suite.
        let task = tokio::spawn(async move { run(Trial::open(adversary).await).await });
        match task.await {
            Ok(Ok(())) => Outcome::Passed,
            Ok(Err(skip)) => Outcome::Skipped(skip),
            Err(failure) => Outcome::Failed(panic_message(&*failure.into_panic())),
        }
    }
}

/// How all cases ended on one backend.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What the store keeps.
    pub passed: Vec<Case>,
    /// What it breaks, and what was seen.
    pub failed: Vec<(Case, String)>,
    /// What could not be done to it, and why.
    pub skipped: Vec<(Case, Skip)>,
}

/// Runs every case, one after the other.
pub async fn run_all(adversary: Arc<dyn Adversary>) -> Report {
    let mut report = Report::default();
    for case in CASES {
        match case.run(Arc::clone(&adversary)).await {
            Outcome::Passed => report.passed.push(*case),
            Outcome::Failed(seen) => report.failed.push((*case, seen)),
            Outcome::Skipped(skip) => report.skipped.push((*case, skip)),
        }
    }
    report
}

/// Runs the case of that name as a test. [`ordering_suite!`](crate::ordering_suite) calls it.
///
/// # Panics
/// When the store does not keep the promise, when the case is skipped and not listed in `skips` or
/// the other way round, or there is no such case.
pub async fn check(name: &str, adversary: impl Adversary, skips: &[&str]) {
    let is_listed = skips.iter().any(|skipped| name.starts_with(skipped));
    match case(name).run(Arc::new(adversary)).await {
        Outcome::Passed if is_listed => panic!("{name}: listed as skipped, and can be tried"),
        Outcome::Passed => {}
        Outcome::Failed(seen) => panic!("{name}: {seen}"),
        Outcome::Skipped(skip) if is_listed => {
            eprintln!("{name}: skipped, because {}", skip.because);
        }
        Outcome::Skipped(skip) => {
            panic!(
                "{name}: skipped, because {}, and not listed as skipped",
                skip.because
            )
        }
    }
}

/// The case of that name.
///
/// # Panics
/// When there is no such case.
pub fn case(name: &str) -> &'static Case {
    let case = CASES.iter().find(|case| case.name == name);
    case.unwrap_or_else(|| panic!("there is no case named {name}"))
}
