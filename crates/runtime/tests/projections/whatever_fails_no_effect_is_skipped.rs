//! Effects under random latencies, failures, refusals and kills: each partition in its order, nothing
//! skipped, repeats under one key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use annals_core::{
    DeadLetters, EventStore, Failure, ParkCause, Position, ProjectionBatch, ProjectionError,
    Projector, Timestamp, Tried,
};
use annals_embedded::EmbeddedStore;
use annals_runtime::{Backoff, EffectProjector, ParkedEvents, UnboundEffect};
use annals_sqlite::Database;
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::runtime::Builder;

use crate::ledger::{new_store, record_in};
use crate::outside::{Answer, Call, Outside, all_of, begin_in};

/// How far it runs ahead.
const WINDOW: usize = 8;

/// What happens.
#[derive(Debug, Clone)]
struct Case {
    /// The stream of each event, and how it is answered.
    events: Vec<(u8, Vec<Answer>)>,
    /// A process is killed at so many calls since the one before it was.
    kills: Vec<usize>,
}

fn case() -> impl Strategy<Value = Case> {
    let answer = prop_oneof![
        4 => (0..6_usize).prop_map(Answer::Slow),
        3 => Just(Answer::Busy),
        3 => Just(Answer::Lost),
        1 => Just(Answer::Refused),
    ];
    let events = vec((0..4_u8, vec(answer, 0..4)), 1..30);
    (events, vec(1..12_usize, 0..6)).prop_map(|(events, kills)| Case { events, kills })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_partition_keeps_its_order_and_nothing_is_skipped(case in case()) {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async { World::of(&case).await.judge(case.kills).await });
    }
}

struct World {
    store: Arc<EmbeddedStore>,
    database: Database,
    outside: Arc<Outside>,
    /// The positions of each stream.
    streams: BTreeMap<u8, Vec<u64>>,
}

impl World {
    async fn of(case: &Case) -> Self {
        let (store, outside) = (new_store(), Outside::new());
        let mut streams: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
        for (stream, answers) in &case.events {
            let at = record_in(&*store, "Account", &stream.to_string(), 1).await;
            outside.answer(at.0, answers.iter().copied());
            streams.entry(*stream).or_default().push(at.0);
        }
        Self {
            store,
            database: Database::in_memory().await.unwrap(),
            outside,
            streams,
        }
    }

    async fn judge(&self, kills: Vec<usize>) {
        for calls in kills {
            self.run_until_calls(calls).await;
        }
        let effect = self.begin().await;
        self.run(&effect).await;
        self.check_order();
        self.outside.mend();
        let store = Arc::clone(&self.store) as Arc<dyn EventStore>;
        let released = ParkedEvents::new(store, effect).retry_all().await.unwrap();
        assert_eq!(released.parked, []);
        self.check_order();
        let all: BTreeSet<u64> = self.streams.values().flatten().copied().collect();
        assert_eq!(self.arrived(), all, "nothing is skipped");
    }

    /// A process, which knows nothing but what is kept.
    async fn begin(&self) -> Arc<EffectProjector<Call>> {
        let at_once = Backoff {
            first: std::time::Duration::ZERO,
            most: std::time::Duration::ZERO,
        };
        let effect = UnboundEffect::of(Call::to(&self.outside)).with_backoff(at_once);
        begin_in(effect, &self.store, &self.database).await
    }

    /// Runs a process that is killed after so many calls, wherever it is then.
    async fn run_until_calls(&self, calls: usize) {
        let effect = self.begin().await;
        let killed_at = self.outside.called().len() + calls;
        tokio::select! {
            biased;
            () = self.run(&effect) => {}
            () = self.outside.until_calls(killed_at) => {}
        }
    }

    /// What a runner does, without its pauses.
    async fn run(&self, effect: &EffectProjector<Call>) {
        let all = all_of(&self.store).await;
        loop {
            let after = effect.resume(self.store.id()).await.unwrap();
            self.check_kept(after, effect).await;
            if after == all.up_to {
                return;
            }
            match effect.apply(part(&all, after, WINDOW)).await {
                Err(ProjectionError::Event { position, cause }) => {
                    let after = effect.resume(self.store.id()).await.unwrap();
                    let batch = part(&all, after, 1);
                    assert_eq!(batch.up_to, position, "nothing before it is left");
                    let failure = failure(cause.to_string());
                    // It may have moved, by a commit of who was killed.
                    let _ = effect.park(batch, position, failure).await;
                }
                _ => tokio::task::yield_now().await,
            }
        }
    }

    /// Everything up to the checkpoint has arrived or is parked.
    async fn check_kept(&self, up_to: Position, effect: &EffectProjector<Call>) {
        let letters = effect.list(Position::START, 1_000).await.unwrap();
        let mut kept = self.arrived();
        kept.extend(letters.iter().map(|letter| letter.position.0));
        for position in 1..=up_to.0 {
            assert!(kept.contains(&position), "{position} is skipped at {up_to}");
        }
        let first = letters.first().map(|letter| &letter.cause);
        assert!(!matches!(first, Some(ParkCause::Waits(_))), "for what?");
    }

    /// Each stream arrived from its beginning on, in its order, and each event under one key.
    fn check_order(&self) {
        let arrived = self.outside.arrived();
        for positions in self.streams.values() {
            let mut firsts: Vec<u64> = Vec::new();
            for position in arrived.iter().filter(|at| positions.contains(at)) {
                if !firsts.contains(position) {
                    firsts.push(*position);
                }
            }
            assert_eq!(firsts, positions[..firsts.len()], "of {arrived:?}");
        }
        for position in self.arrived() {
            let keys = self.outside.keys(position);
            assert!(keys.iter().all(|key| *key == keys[0]), "{position}");
        }
    }

    fn arrived(&self) -> BTreeSet<u64> {
        self.outside.arrived().into_iter().collect()
    }
}

/// So many events of a batch behind a position.
fn part(all: &ProjectionBatch, after: Position, most: usize) -> ProjectionBatch {
    let behind = all.events.iter().filter(|event| event.position > after);
    let events: Arc<[_]> = behind.take(most).cloned().collect();
    ProjectionBatch {
        after,
        up_to: events.last().map_or(after, |event| event.position),
        events,
    }
}

fn failure(error: String) -> Failure {
    let tried = Tried {
        attempts: 1,
        code_version: String::new(),
        at: Timestamp::UNIX_EPOCH,
    };
    Failure { error, tried }
}
