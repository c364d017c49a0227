//! The route of metrics looks up how far each projection is behind, then tells all that was measured.

use std::sync::Arc;

use annals_runtime::ParkedEvents;
use metrics::{Key, with_local_recorder};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::bank::{Bank, LONG, Service};
use crate::bare_projector::{BareProjector, Fault};
use crate::welcomes::{WAIT, Welcomes};

/// The gauges as they are, in lines.
fn gauges(snapshotter: &Snapshotter) -> String {
    let all = snapshotter.snapshot().into_vec();
    let lines = all.iter().filter_map(|(key, _, _, value)| match value {
        DebugValue::Gauge(number) => Some(format!(
            "{}{} {number}\n",
            key.key().name(),
            status(key.key())
        )),
        _ => None,
    });
    lines.collect()
}

/// What tells those of one name apart here.
fn status(key: &Key) -> String {
    let status = key.labels().find(|label| label.key() == "status");
    status.map_or_else(String::new, |status| format!(" {}", status.value()))
}

#[tokio::test]
async fn how_far_it_is_behind_is_as_of_now() {
    let recorder = DebuggingRecorder::new();
    let bank = Bank::new().await;
    let last = bank.deposit("1", &[1]).await;
    let projector = BareProjector::with(Fault::Nothing);
    let parked = ParkedEvents::new(bank.store(), Arc::clone(&projector) as _);
    let projection = with_local_recorder(&recorder, || bank.run_projector(projector, ""));
    projection.wait_for(last, LONG).await.unwrap();
    projection.pause().await;
    bank.deposit("1", &[2, 3]).await;
    let snapshotter = recorder.snapshotter();
    let projection = Arc::new(projection);
    let operations = bank
        .operations()
        .with_projection(Arc::clone(&projection), parked)
        .with_metrics(move || gauges(&snapshotter));
    let service = Service::new(projection, operations);

    let reply = service.get("/metrics").await;
    assert_eq!(reply.status, 200);
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(reply.header("content-type"), content_type);
    let text = reply.body.as_str().unwrap();
    for line in [
        "annals_projection_position 1",
        "annals_projection_lag_events 2",
        "annals_projection_up_to_date 0",
        "annals_projection_parked_events NaN",
    ] {
        assert!(text.lines().any(|told| told == line), "{line}: {text}");
    }
}

#[tokio::test]
async fn how_many_instances_are_open_and_how_late_they_are_is_as_of_now() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let render = move || gauges(&snapshotter);
    let welcomes = Welcomes::measured_by(&recorder, render).await;
    welcomes.park("ada").await;
    welcomes.begin("bob").await;
    welcomes.bank.clock.advance(WAIT);
    let reply = welcomes.service.get("/metrics").await;
    let text = reply.body.as_str().unwrap();
    for line in [
        "annals_saga_instances running 1",
        "annals_saga_instances parked 1",
        "annals_saga_oldest_seconds running 2",
        "annals_saga_oldest_seconds parked 2",
        "annals_saga_due_instances 1",
        "annals_saga_stuck_instances 1",
    ] {
        assert!(text.lines().any(|told| told == line), "{line}: {text}");
    }
}

#[tokio::test]
async fn without_what_writes_them_down_there_are_none() {
    let bank = Bank::new().await;
    let service = BareProjector::with(Fault::Nothing).run(&bank);
    let reply = service.get("/metrics").await;
    reply.assert_problem(404, "not-found");
}
