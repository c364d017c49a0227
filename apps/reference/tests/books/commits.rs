//! What becomes durable in a place, counted from outside of the process that writes it.

use std::path::PathBuf;

use annals::EventStore;
use annals::postgres::{Postgres, PostgresStore};

use crate::place::NewPlace;

/// Counts what becomes durable in a place, from outside of the process that writes it.
pub(crate) enum Commits {
    /// The mark that the log of a directory writes with each commit.
    Mark(PathBuf),
    /// The head of the store, which each commit moves.
    Head(PostgresStore),
}

impl Commits {
    pub(crate) async fn of(place: &NewPlace) -> Self {
        match place {
            NewPlace::Directory(path) => Self::Mark(path.path().join("log/MARK")),
            NewPlace::Postgres { url, .. } => {
                let postgres = Postgres::connect(url.expose()).await.unwrap();
                Self::Head(PostgresStore::open(&postgres).await.unwrap())
            }
        }
    }

    /// Waits until there are so many more. False if whoever makes them had ended first.
    pub(crate) async fn wait_for(&self, commits: u64, mut has_ended: impl FnMut() -> bool) -> bool {
        let (mut seen, mut more) = (self.last().await, 0);
        while more < commits {
            if has_ended() {
                return false;
            }
            let last = self.last().await;
            if last == seen {
                // Not to wait for time, but to leave the processor to the process.
                std::thread::yield_now();
            } else {
                seen = last;
                more += 1;
            }
        }
        true
    }

    /// What the last one left; nothing where it cannot be seen now.
    async fn last(&self) -> Vec<u8> {
        match self {
            Self::Mark(path) => std::fs::read(path).unwrap_or_default(),
            Self::Head(store) => {
                let head = store.head().await.unwrap_or_default();
                head.0.to_be_bytes().to_vec()
            }
        }
    }
}

/// Numbers of commits to wait for before each kill, the same for the same seed.
pub(crate) fn random_commits(seed: u64) -> impl Iterator<Item = u64> {
    let next = |random: &u64| {
        let random = random.wrapping_mul(6_364_136_223_846_793_005);
        Some(random.wrapping_add(1))
    };
    std::iter::successors(next(&seed), next).map(|random| 1 + (random >> 33) % 40)
}
