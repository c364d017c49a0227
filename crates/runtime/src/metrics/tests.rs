use std::collections::BTreeSet;

use ::metrics::{Key, with_local_recorder};
use metrics_util::MetricKind as Kind;
use metrics_util::debugging::DebuggingRecorder;

use super::*;

#[test]
fn the_table_for_operators_names_every_metric() {
    let page = include_str!("../../../../docs/operations/metrics.md");
    let table: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `annals_"))
        .collect();
    let metrics: Vec<_> = METRICS.iter().map(line_of).collect();
    assert_eq!(table, metrics);
}

fn line_of(metric: &Metric) -> String {
    let kind = format!("{:?}", metric.kind).to_lowercase();
    let labels: Vec<_> = metric
        .labels
        .iter()
        .map(|label| format!("`{label}`"))
        .collect();
    let (name, labels, tells) = (metric.name, labels.join(", "), metric.tells);
    format!("| `{name}` | {kind} | {labels} | {tells} |")
}

#[test]
fn what_is_measured_is_what_is_named() {
    let recorder = DebuggingRecorder::new();
    with_local_recorder(&recorder, || {
        let _all = (
            ProjectionMeter::new("balances"),
            RebuildMeter::new("balances"),
            AuditMeter::new("balances"),
            DriftMeter::new("balances"),
            CommandMeter::new("Account"),
            BusMeter::new("withdraw"),
            SagaMeter::new("transfer"),
            SagaGauges::new("transfer"),
        );
    });
    let measured = recorder.snapshotter().snapshot().into_vec();
    let measured: BTreeSet<_> = measured
        .iter()
        .map(|(key, ..)| of_key(key.kind(), key.key()))
        .collect();
    let named = METRICS.iter().map(|metric| {
        let kind = match metric.kind {
            MetricKind::Counter => Kind::Counter,
            MetricKind::Gauge => Kind::Gauge,
            MetricKind::Histogram => Kind::Histogram,
        };
        (kind, metric.name.to_owned(), metric.labels.join(" "))
    });
    assert_eq!(measured, named.collect());
}

fn of_key(kind: Kind, key: &Key) -> (Kind, String, String) {
    let labels: Vec<_> = key.labels().map(Label::key).collect();
    (kind, key.name().to_owned(), labels.join(" "))
}

#[test]
fn a_name_ends_in_its_unit_and_a_counter_in_total() {
    for metric in METRICS {
        let is_total = metric.name.ends_with("_total");
        assert_eq!(
            is_total,
            metric.kind == MetricKind::Counter,
            "{}",
            metric.name
        );
        assert!(metric.name.starts_with("annals_"), "{}", metric.name);
    }
}
