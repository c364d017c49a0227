//! Waiting, never for ever.

use std::thread;
use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// How often to look, when what is waited for tells nobody.
#[expect(
    clippy::disallowed_methods,
    reason = "other processes tell of their state by files alone, so looking is all there is"
)]
fn pause() {
    thread::sleep(PAUSE);
}

/// Looks until the condition holds; whether it did within the limit.
pub(crate) fn until<E>(
    limit: Duration,
    mut condition: impl FnMut() -> Result<bool, E>,
) -> Result<bool, E> {
    let started = Instant::now();
    while !condition()? {
        if started.elapsed() > limit {
            return Ok(false);
        }
        pause();
    }
    Ok(true)
}
