//! The contract of [`RootKeys`] as a suite of cases. Each cites the line of the contract that it holds
//! root keys to.
//!
//! They enrol by saying how they are opened:
//!
//! ```ignore
//! annals_testing::root_keys_suite!(MyRootKeys::new());
//! ```

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use annals_core::RootKeys;
use async_trait::async_trait;

use crate::conformance::panic_message;
use subject::Subject;

mod cases;
mod rotating;
mod subject;
mod wrapping;

pub use cases::CASES;

/// How the suite comes by root keys.
#[async_trait]
pub trait Holding: Send + Sync + 'static {
    /// Opens them, as one more process would. The first one finds one root key. Panics when there are
    /// none to be had.
    async fn open(&self) -> Arc<dyn RootKeys>;
}

/// One promise of the contract, put to the test.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The line of the contract that it cites.
    pub line: u8,
    /// Its theme and the promise: `wrapping::a_secret_unwraps_as_it_was`.
    pub name: &'static str,
    run: fn(Subject) -> RunningCase,
}

type RunningCase = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Case {
    /// Runs the case on root keys of its own.
    ///
    /// # Errors
    /// What was seen, when the promise is broken.
    pub async fn run(&self, holding: Arc<dyn Holding>) -> Result<(), String> {
        let run = self.run;
        // In a task of its own, so that a failed assertion is told with its case.
        let ran = tokio::spawn(async move { run(Subject::open(holding).await).await }).await;
        ran.map_err(|failure| panic_message(&*failure.into_panic()))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "contract line {}, {}", self.line, self.name)
    }
}

/// Runs the case of that name as a test. [`root_keys_suite!`](crate::root_keys_suite) calls it.
///
/// # Panics
/// When the root keys do not keep the promise, or there is no such case.
pub async fn check(name: &str, holding: impl Holding) {
    let case = CASES.iter().find(|case| case.name == name);
    let case = case.unwrap_or_else(|| panic!("there is no case named {name}"));
    if let Err(seen) = case.run(Arc::new(holding)).await {
        panic!("{case}: {seen}");
    }
}
