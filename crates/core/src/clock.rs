//! The seam by which time enters.

use jiff::Timestamp;

/// Tells the time. Nothing is ordered by it: order is the store's positions.
pub trait Clock: Send + Sync + 'static {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place wall-clock time enters the system"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
