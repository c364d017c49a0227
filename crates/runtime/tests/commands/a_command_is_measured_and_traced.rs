//! Each command shows in the metrics and in a span, with what came of it.

use annals_core::Metadata;
use annals_runtime::{CommandContext, Repository};
use metrics::with_local_recorder;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use crate::account::{Account, AccountCommand, accounts_in, new_store, under_key};
use crate::spans::Spans;

/// How many commands had an outcome.
fn count(recorder: &DebuggingRecorder) -> Vec<(String, usize)> {
    let all = recorder.snapshotter().snapshot().into_vec();
    let commands = all.into_iter().map(|(key, _, _, value)| {
        let labels: Vec<_> = key.key().labels().map(|label| label.value()).collect();
        let DebugValue::Histogram(durations) = value else {
            panic!("{key:?}")
        };
        (labels.join(" "), durations.len())
    });
    let mut counted: Vec<_> = commands.filter(|(_, count)| *count > 0).collect();
    counted.sort_unstable();
    counted
}

async fn deposit_repeat_and_refuse(accounts: &Repository<Account>) {
    for _ in 0..2 {
        let context = CommandContext {
            metadata: Metadata {
                correlation: Some("order 7".to_owned()),
                ..Metadata::default()
            },
            ..under_key("a key", "a deposit")
        };
        let deposited = accounts.execute("1", AccountCommand::Deposit(5), context);
        deposited.await.expect("a deposit is never refused");
    }
    let too_much = AccountCommand::Withdraw(50);
    let refused = accounts.execute("1", too_much, CommandContext::default());
    refused.await.expect_err("so much is not there");
}

#[tokio::test]
async fn commands_are_counted_by_outcome() {
    let recorder = DebuggingRecorder::new();
    let accounts = with_local_recorder(&recorder, || accounts_in(&new_store()));
    deposit_repeat_and_refuse(&accounts).await;
    let counted = count(&recorder);
    let outcomes = ["executed", "refused", "repeated"];
    assert_eq!(
        counted,
        outcomes.map(|outcome| (format!("Account {outcome}"), 1))
    );
}

#[tokio::test]
async fn a_command_is_a_span_with_its_outcome_and_a_refusal_is_no_failure() {
    let (spans, _guard) = Spans::of_this_thread();
    deposit_repeat_and_refuse(&accounts_in(&new_store())).await;
    let told = ["outcome", "position", "correlation_id", "otel.status_code"];
    let commands = spans.named("command");
    let commands: Vec<_> = commands.iter().map(|command| command.of(told)).collect();
    assert_eq!(
        commands,
        [
            ["executed", "1", "order 7", ""],
            ["repeated", "1", "order 7", ""],
            ["refused", "", "", ""],
        ]
    );
    let first = &spans.named("command")[0];
    assert_eq!(first.of(["aggregate", "id"]), ["Account", "1"]);
}
