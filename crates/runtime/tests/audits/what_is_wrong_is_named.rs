//! What a projection left out, or handled and should not have, is named by its position.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use annals_core::{EventId, LedgerPage, Position, RecordedEvent};
use annals_runtime::{Audit, AuditOptions, LogSelection, PageSpan, RunnerOptions, run_projection};
use annals_testing::SequentialIds;
use proptest::collection::btree_set;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::forgetful_store::ForgetfulStore;
use crate::memory_ledger::{LONG, MemoryLedger, is_wanted, store_of};

/// In the log of the property.
const EVENTS: u64 = 9_000;

/// How what was handled differs from what should have been.
#[derive(Debug, Clone)]
struct Mistakes {
    checkpoint: u64,
    /// Positions that are left out if they are wanted, and handled if they are not.
    confused: BTreeSet<u64>,
    repeated: BTreeSet<u64>,
    /// Positions at which another event is handled.
    altered: BTreeSet<u64>,
}

/// What an audit must name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Expected {
    missing: Vec<Position>,
    foreign: Vec<Position>,
    repeated: Vec<Position>,
    altered: Vec<PageSpan>,
}

impl Mistakes {
    /// What is handled of an event of the log, in order.
    fn handled(&self, event: &RecordedEvent) -> Vec<(Position, EventId)> {
        let position = event.position;
        let is_in = |set: &BTreeSet<u64>| set.contains(&position.0);
        if is_wanted(event) == is_in(&self.confused) {
            return Vec::new();
        }
        let id = match is_in(&self.altered) && is_wanted(event) {
            true => event.append.0,
            false => event.id.0,
        };
        let times = if is_in(&self.repeated) { 2 } else { 1 };
        vec![(position, EventId(id)); times]
    }

    fn expected(&self, log: &[RecordedEvent]) -> Expected {
        let mut expected = Expected::default();
        let mut pages = BTreeMap::new();
        for event in log {
            let is_handled = !self.handled(event).is_empty();
            let position = event.position;
            let page = pages
                .entry(LedgerPage::number_of(position))
                .or_insert((false, false));
            match (is_wanted(event), is_handled) {
                (true, false) => expected.missing.push(position),
                (false, true) => {
                    expected.foreign.push(position);
                    page.0 = true;
                }
                (true, true) => page.1 |= self.altered.contains(&position.0),
                (false, false) => {}
            }
            if is_handled && self.repeated.contains(&position.0) {
                expected.repeated.push(position);
            }
        }
        let altered = pages
            .into_iter()
            .filter(|(_, marks)| *marks == (false, true));
        expected.altered = altered.map(|(number, _)| span(number)).collect();
        expected
    }
}

impl Expected {
    fn complete_up_to(&self, checkpoint: u64) -> u64 {
        let positions = [&self.missing, &self.foreign, &self.repeated];
        let firsts = positions.into_iter().filter_map(|found| found.first());
        let page = self.altered.first().map(|span| &span.first);
        let first = firsts.chain(page).min();
        first.map_or(checkpoint, |first| first.0 - 1)
    }
}

fn span(number: u64) -> PageSpan {
    let page = LedgerPage::empty(number);
    PageSpan {
        first: page.after().next(),
        last: page.last(),
    }
}

/// Many of them next to the ends of pages, and where events are that are not wanted.
fn position() -> impl Strategy<Value = u64> {
    prop_oneof![
        1..=EVENTS,
        4_090_u64..4_100,
        (0_u64..9).prop_map(|k| k * 1_000 + 2)
    ]
}

fn mistakes() -> impl Strategy<Value = Mistakes> {
    let some = || btree_set(position(), 0..6);
    let parts = (0..=EVENTS, some(), some(), some());
    parts.prop_map(|(checkpoint, confused, repeated, altered)| Mistakes {
        checkpoint,
        confused,
        repeated,
        altered,
    })
}

fn found(audit: &Audit) -> Expected {
    Expected {
        missing: audit.missing.first.clone(),
        foreign: audit.foreign.first.clone(),
        repeated: audit.repeated.first.clone(),
        altered: audit.altered.first.clone(),
    }
}

#[test]
fn an_audit_names_exactly_the_differences() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (store, log) = runtime.block_on(store_of(EVENTS));
    let cases = (mistakes(), 1_usize..4, any::<bool>());
    let run = |(mistakes, pages_at_once, by_audit): (Mistakes, usize, bool)| {
        let until = usize::try_from(mistakes.checkpoint).unwrap();
        let log = &log[..until];
        let handled = log.iter().flat_map(|event| mistakes.handled(event));
        let ledger = MemoryLedger::of(mistakes.checkpoint, handled);
        let options = AuditOptions {
            pages_at_once: NonZeroUsize::new(pages_at_once).unwrap(),
            selection: match by_audit {
                true => LogSelection::ByAudit,
                false => LogSelection::ByStore,
            },
            ..AuditOptions::default()
        };
        let audit = runtime.block_on(ledger.audit(&*store, &options)).unwrap();
        let expected = mistakes.expected(log);
        let complete_up_to = expected.complete_up_to(mistakes.checkpoint);
        prop_assert_eq!(audit.is_complete(), expected == Expected::default());
        prop_assert_eq!(found(&audit), expected);
        prop_assert_eq!(audit.complete_up_to, Position(complete_up_to));
        prop_assert_eq!(audit.proven.pages, complete_up_to / 4_096);
        Ok(())
    };
    let config = ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config).run(&cases, run).unwrap();
}

#[tokio::test]
async fn an_event_that_a_running_projection_skipped_is_named() {
    let (store, _) = store_of(1_000).await;
    let ledger = Arc::new(MemoryLedger::default());
    ledger.kept().skips.insert(77);
    let (log, projector) = (Arc::clone(&store) as _, Arc::clone(&ledger) as _);
    let projection = run_projection(log, projector, RunnerOptions::default());
    projection.wait_for(Position(1_000), LONG).await.unwrap();
    let audit = ledger
        .audit(&*store, &AuditOptions::default())
        .await
        .unwrap();
    assert_eq!(audit.to_string(), "position 77 was not handled");
    assert_eq!(audit.complete_up_to, Position(76));
}

#[tokio::test]
async fn an_event_that_the_index_of_the_store_lacks_is_named_when_the_audit_selects() {
    let (store, log) = store_of(1_000).await;
    let forgotten = Position(77);
    let handled = log.iter().filter(|event| is_wanted(event));
    let handled = handled.filter(|event| event.position != forgotten);
    let ledger = MemoryLedger::of(1_000, handled.map(|event| (event.position, event.id)));
    let store = ForgetfulStore { store, forgotten };
    for (selection, line) in [
        (LogSelection::ByStore, "complete up to 1,000 (996 events)"),
        (LogSelection::ByAudit, "position 77 was not handled"),
    ] {
        let options = AuditOptions {
            selection,
            ..AuditOptions::default()
        };
        let audit = ledger.audit(&store, &options).await.unwrap();
        assert_eq!(audit.to_string(), line);
    }
}

#[tokio::test]
async fn events_beyond_the_checkpoint_are_not_to_be_handled() {
    let (store, log) = store_of(5_000).await;
    let ledger = MemoryLedger::complete(5_000, &log);
    ledger.kept().checkpoint = Position(4_999);
    let audit = ledger
        .audit(&*store, &AuditOptions::default())
        .await
        .unwrap();
    assert_eq!(
        audit.to_string(),
        "position 5,000 was handled, but holds nothing to handle"
    );
}

#[tokio::test]
async fn the_line_names_the_first_and_counts_the_others() {
    let (store, log) = store_of(5_000).await;
    let ids = SequentialIds::default();
    let handled = log
        .iter()
        .filter(|event| is_wanted(event))
        .flat_map(|event| {
            let id = match event.position.0 {
                4..=6 => return vec![],
                4_500 => EventId(annals_core::IdSource::next(&ids)),
                _ => event.id,
            };
            let times = if event.position.0 == 2_000 { 2 } else { 1 };
            vec![(event.position, id); times]
        });
    let ledger = MemoryLedger::of(5_000, handled);
    let options = AuditOptions {
        most_named: NonZeroUsize::new(2).unwrap(),
        ..AuditOptions::default()
    };
    let audit = ledger.audit(&*store, &options).await.unwrap();
    assert_eq!(
        audit.to_string(),
        "3 positions were not handled: 4, 5, …; position 2,000 was handled more than once; \
         another event was handled than the log holds, among positions 4,097 to 8,192"
    );
    assert_eq!((audit.missing.total, audit.handled), (3, 4_983));
}
