//! What a projection does shows in its metrics and in what it tells of itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use annals_embedded::{EmbeddedOptions, EmbeddedStore, MemoryDisk};
use annals_runtime::{Backlog, ProjectionHandle, ProjectionStatus, RunnerOptions};
use annals_testing::ManualClock;
use metrics::with_local_recorder;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use crate::ledger::{Fault, LONG, Ledger, new_store, quick, record, run, until};
use crate::processes::Shared;

/// What a recorder was told: the last number, or the sum of all there were. To look sets all of it back to
/// 0, so that each test looks once.
fn measured(recorder: &DebuggingRecorder) -> BTreeMap<String, f64> {
    let all = recorder.snapshotter().snapshot().into_vec();
    let named = all.into_iter().map(|(key, _, _, value)| {
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(number) => *number,
            DebugValue::Histogram(numbers) => numbers.iter().map(|number| **number).sum(),
        };
        let mut name = key.key().name().to_owned();
        for label in key.key().labels().skip(1) {
            name = format!("{name} {}", label.value());
        }
        (name.replace("annals_projection_", ""), value)
    });
    named.collect()
}

#[tokio::test]
async fn a_batch_tells_how_large_it_was_and_how_long_its_events_took_to_be_visible() {
    let recorder = DebuggingRecorder::new();
    let clock = ManualClock::at("2024-03-01T12:00:00Z".parse().unwrap());
    let options = EmbeddedOptions {
        clock: Arc::new(clock.clone()),
        ..EmbeddedOptions::in_memory()
    };
    let store = EmbeddedStore::open_on(MemoryDisk::new(), options).unwrap();
    let (store, ledger) = (Arc::new(store), Ledger::new());
    let last = record(&*store, "Account", 3).await;
    clock.advance(Duration::from_millis(250));
    let options = RunnerOptions {
        clock: Arc::new(clock),
        ..quick()
    };
    let projection = with_local_recorder(&recorder, || run(&store, &ledger, options));
    projection.wait_for(last, LONG).await.unwrap();

    let activity = projection.activity();
    assert_eq!((activity.events, activity.last_batch), (3, 3));
    assert_eq!((activity.batches, activity.mean_batch()), (1, 3.0));
    assert_eq!(activity.visible_after, Some(Duration::from_millis(250)));
    assert!(activity.events_per_second > 0.0);
    let measured = measured(&recorder);
    assert_eq!(measured["events_total"], 3.0);
    assert_eq!(measured["batch_events"], 3.0);
    assert_eq!(measured["commit_to_visible_seconds"], 0.25);
    assert_eq!(measured["position"], 3.0);
}

#[tokio::test]
async fn a_retry_counts_by_the_class_of_the_error() {
    let recorder = DebuggingRecorder::new();
    let (store, ledger) = (new_store(), Ledger::new());
    ledger.fail([Fault::BeforeCommit, Fault::BeforeCommit]);
    let last = record(&*store, "Account", 1).await;
    let projection = with_local_recorder(&recorder, || run(&store, &ledger, quick()));
    projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(projection.activity().retries, 2);
    let measured = measured(&recorder);
    assert_eq!(measured["retries_total transient"], 2.0);
    assert_eq!(measured["retries_total event"], 0.0);
    assert_eq!(measured["failures_total transient"], 0.0);
}

#[tokio::test]
async fn one_that_failed_for_good_is_not_up_to_date() {
    let recorder = DebuggingRecorder::new();
    let (store, ledger) = (new_store(), Ledger::new());
    let projection = with_local_recorder(&recorder, || run(&store, &ledger, quick()));
    until(&projection, ProjectionStatus::is_up_to_date).await;
    ledger.poison(1);
    let last = record(&*store, "Account", 1).await;
    projection.wait_for(last, LONG).await.unwrap_err();
    let measured = measured(&recorder);
    assert_eq!(measured["failures_total event"], 1.0);
    assert_eq!(measured["up_to_date"], 0.0);
}

/// A process that does the work, under a lease.
async fn working(recorder: &DebuggingRecorder) -> ProjectionHandle {
    let (shared, ledger) = (Shared::new(), Ledger::new());
    let projection = with_local_recorder(recorder, || shared.run(&ledger));
    until(&projection, ProjectionStatus::is_up_to_date).await;
    projection
}

#[tokio::test]
async fn who_does_the_work_is_up_to_date_and_holds_the_lease() {
    let recorder = DebuggingRecorder::new();
    let _projection = working(&recorder).await;
    let measured = measured(&recorder);
    assert_eq!((measured["lease_held"], measured["up_to_date"]), (1.0, 1.0));
}

#[tokio::test]
async fn who_pauses_holds_no_lease() {
    let recorder = DebuggingRecorder::new();
    let projection = working(&recorder).await;
    projection.pause().await;
    assert_eq!(measured(&recorder)["lease_held"], 0.0);
}

#[tokio::test]
async fn who_stopped_holds_no_lease() {
    let recorder = DebuggingRecorder::new();
    working(&recorder).await.stop().await;
    assert_eq!(measured(&recorder)["lease_held"], 0.0);
}

#[tokio::test]
async fn what_is_looked_up_is_told_and_what_is_unknown_is_no_number() {
    let recorder = DebuggingRecorder::new();
    let (store, ledger) = (new_store(), Ledger::new());
    let projection = with_local_recorder(&recorder, || run(&store, &ledger, quick()));
    projection.measure(&Backlog {
        lag_events: Some(7),
        lag: Some(Duration::from_millis(1_500)),
        parked: None,
    });
    let measured = measured(&recorder);
    assert_eq!(measured["lag_events"], 7.0);
    assert_eq!(measured["lag_seconds"], 1.5);
    assert!(measured["parked_events"].is_nan());
}
