//! A clock that a test turns by hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use annals_core::{Clock, Timestamp};

/// Stands still until it is turned. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct ManualClock {
    now: Arc<Mutex<Timestamp>>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        let now = Arc::new(Mutex::new(now));
        Self { now }
    }

    /// Turns the clock forwards.
    ///
    /// # Panics
    /// Beyond the last timestamp there is, at the end of the year 9999.
    pub fn advance(&self, by: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }

    /// Puts the clock to a time, which may be an earlier one, as clocks of machines do.
    pub fn set(&self, to: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_it_is_turned() {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now().as_second(), 90);
        clock.set(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn clones_of_a_manual_clock_are_the_same_clock() {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        let given_away = clock.clone();
        clock.advance(Duration::from_millis(5));
        assert_eq!(given_away.now().as_millisecond(), 5);
    }
}
