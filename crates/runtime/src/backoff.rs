//! Waiting before something is tried again.

use std::time::Duration;

use annals_core::IdSource;
use uuid::Uuid;

/// How long to wait before something is tried again: twice as long each time, up to a limit.
///
/// Each wait is between half and all of that, so that those who failed together do not come back
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub first: Duration,
    /// No wait is longer.
    pub most: Duration,
}

impl Backoff {
    /// Waits after the `attempt`-th failure in a row, counted from 1; `ids` are the randomness in it.
    pub async fn pause(&self, attempt: u32, ids: &dyn IdSource) {
        wait(self.delay(attempt, ids.next())).await;
    }

    /// How long to wait after the `attempt`-th failure in a row, counted from 1.
    pub(crate) fn delay(&self, attempt: u32, random: Uuid) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let longest = self.first.saturating_mul(doubled).min(self.most);
        let half = longest / 2;
        half + half.mul_f64(fraction(random))
    }
}

/// Waits for a while.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where retries and limited rates wait; tests choose how long"
)]
pub(crate) async fn wait(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// A number from 0 to below 1, from the last bytes of an id: those are random in every version.
fn fraction(random: Uuid) -> f64 {
    let [.., a, b, c, d] = random.into_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_millis(100),
        most: Duration::from_secs(1),
    };

    #[test]
    fn waits_double_up_to_the_limit() {
        let shortest = |attempt| BACKOFF.delay(attempt, Uuid::nil()).as_millis();
        assert_eq!([1, 2, 3, 4].map(shortest), [50, 100, 200, 400]);
        assert_eq!([5, 6, 99, u32::MAX].map(shortest), [500; 4]);
    }

    #[test]
    fn waits_differ_by_up_to_half_of_their_length() {
        let longest = BACKOFF.delay(1, Uuid::max());
        assert!(longest > Duration::from_millis(99), "{longest:?}");
        assert!(longest <= Duration::from_millis(100), "{longest:?}");
    }
}
