//! How many events are handled in a second, over the last minute.

use std::time::Duration;

use tokio::time::Instant;

/// How many seconds are looked back on.
const SECONDS: usize = 60;

/// How many events were handled in each of the last seconds.
pub(super) struct Pace {
    began_at: Instant,
    /// The events of each second, at its number modulo how many there are.
    seconds: [Second; SECONDS],
}

#[derive(Clone, Copy, Default)]
struct Second {
    number: u64,
    events: u64,
}

impl Pace {
    pub(super) fn from(began_at: Instant) -> Self {
        Self {
            began_at,
            seconds: [Second::default(); SECONDS],
        }
    }

    pub(super) fn count(&mut self, events: u64, now: Instant) {
        let number = self.age(now).as_secs();
        let place = number % SECONDS as u64;
        let second = &mut self.seconds[usize::try_from(place).expect("less than a minute")];
        if second.number != number {
            *second = Second { number, events: 0 };
        }
        second.events += events;
    }

    pub(super) fn per_second(&self, now: Instant) -> f64 {
        let age = self.age(now);
        let is_recent = |second: &&Second| second.number + SECONDS as u64 > age.as_secs();
        let recent = self.seconds.iter().filter(is_recent);
        let events: u64 = recent.map(|second| second.events).sum();
        events as f64 / age.as_secs_f64().clamp(1.0, SECONDS as f64)
    }

    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    #[test]
    fn it_is_the_mean_of_the_time_there_was_so_far() {
        let began_at = Instant::now();
        let mut pace = Pace::from(began_at);
        assert_eq!(pace.per_second(began_at), 0.0);
        pace.count(30, began_at);
        pace.count(10, began_at + second(3));
        assert_eq!(pace.per_second(began_at + second(4)), 10.0);
    }

    #[test]
    fn what_is_more_than_a_minute_ago_counts_no_more() {
        let began_at = Instant::now();
        let mut pace = Pace::from(began_at);
        pace.count(600, began_at + second(10));
        assert_eq!(pace.per_second(began_at + second(69)), 10.0);
        assert_eq!(pace.per_second(began_at + second(70)), 0.0);
        pace.count(120, began_at + second(70));
        assert_eq!(pace.per_second(began_at + second(75)), 2.0);
    }
}
