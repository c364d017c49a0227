//! Each command of the bus shows in the metrics and in a span, with what came of it.

use annals_core::{Metadata, Request};
use annals_runtime::{CommandBus, CommandContext};
use metrics::with_local_recorder;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use serde_json::json;

use crate::account::new_store;
use crate::account_bus::{bus_to, deposit, withdraw};
use crate::spans::Spans;

/// How many commands had an outcome.
fn count(recorder: &DebuggingRecorder) -> Vec<(String, u64)> {
    let all = recorder.snapshotter().snapshot().into_vec();
    let mut counted = Vec::new();
    for (key, _, _, value) in all {
        let labels: Vec<_> = key.key().labels().map(|label| label.value()).collect();
        match value {
            DebugValue::Counter(count) if count > 0 => counted.push((labels.join(" "), count)),
            _ => {}
        }
    }
    counted.sort_unstable();
    counted
}

async fn send_some(bus: &CommandBus) {
    let context = CommandContext {
        metadata: Metadata {
            correlation: Some("order 7".to_owned()),
            causation: Some("click".to_owned()),
            actor: Some("ann".to_owned()),
            trace_parent: Some("00-1-2-01".to_owned()),
            ..Metadata::default()
        },
        ..CommandContext::default()
    };
    let none = CommandContext::default;
    deposit(bus, 5, context)
        .await
        .expect("a deposit is accepted");
    deposit(bus, 0, none()).await.expect_err("it is none");
    withdraw(bus, 50, none())
        .await
        .expect_err("so much is not there");
    let unknown = Request {
        command: "whatever a stranger sends".to_owned(),
        payload: json!({}),
    };
    bus.send(&unknown, none())
        .await
        .expect_err("nobody handles it");
}

#[tokio::test]
async fn commands_are_counted_by_outcome_and_strangers_make_no_labels() {
    let recorder = DebuggingRecorder::new();
    let bus = with_local_recorder(&recorder, || bus_to(&new_store()));
    send_some(&bus).await;
    let counted = count(&recorder);
    let outcomes = ["deposit done", "deposit invalid", "withdraw refused"];
    assert_eq!(counted, outcomes.map(|outcome| (outcome.to_owned(), 1)));
}

#[tokio::test]
async fn a_command_is_a_span_with_where_it_comes_from_and_only_no_answer_is_a_failure() {
    let (spans, _guard) = Spans::of_this_thread();
    send_some(&bus_to(&new_store())).await;
    let sent = spans.named("sent command");
    let told = ["command", "handler", "outcome", "otel.status_code"];
    let outcomes: Vec<_> = sent.iter().map(|sent| sent.of(told)).collect();
    assert_eq!(
        outcomes,
        [
            ["deposit", "Account", "done", ""],
            ["deposit", "Account", "invalid", ""],
            ["withdraw", "Account", "refused", ""],
        ]
    );
    let from = ["actor", "correlation_id", "causation_id", "trace_parent"];
    let first = sent[0].of(from);
    assert_eq!(first, ["ann", "order 7", "click", "00-1-2-01"]);
}
