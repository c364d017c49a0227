use super::*;

const QUARTER: Duration = Duration::from_secs(15 * 60);

fn noon() -> Timestamp {
    "2024-03-01T12:00:00Z"
        .parse()
        .expect("noon is a time of the day")
}

/// One that runs, with something that has been due since a time, and changed then.
fn due_since(instance: &str, age: Duration) -> SagaRow {
    let since = noon() - age;
    SagaRow {
        saga: "transfer".to_owned(),
        instance: instance.to_owned(),
        status: "running".to_owned(),
        reason: None,
        waits_for: "withdraw".to_owned(),
        step: Some("withdraw".to_owned()),
        definition: 1,
        started_at: since,
        changed_at: since,
        since,
        due: Some(since),
    }
}

#[test]
fn one_is_overdue_once_something_was_due_for_longer_than_the_limit() {
    let mut overview = SagaOverview::nothing("transfer", noon());
    overview.take_due(&due_since("t1", QUARTER), QUARTER);
    assert_eq!(overview.stuck, 0, "{overview:?}");
    let longer = QUARTER + Duration::from_millis(1);
    overview.take_due(&due_since("t2", longer), QUARTER);
    let alarm = SagaAlarm {
        instance: "t2".to_owned(),
        stuck: Stuck::Overdue,
        step: Some("withdraw".to_owned()),
        reason: None,
        since: noon() - longer,
    };
    assert_eq!(overview.alarms, [alarm]);
    assert_eq!(overview.due.count, 2);
    assert_eq!(overview.due.oldest, Some(longer));
}

#[test]
fn one_to_which_something_happened_lately_is_late_and_not_stuck() {
    let mut overview = SagaOverview::nothing("transfer", noon());
    let mut row = due_since("t1", 2 * QUARTER);
    row.changed_at = noon();
    overview.take_due(&row, QUARTER);
    assert_eq!((overview.due.count, overview.stuck), (1, 0));
}

#[test]
fn one_that_is_parked_and_overdue_is_stuck_once() {
    let mut overview = SagaOverview::nothing("transfer", noon());
    let mut row = due_since("t1", 2 * QUARTER);
    row.status = "parked".to_owned();
    overview.take_parked(&row);
    overview.take_due(&row, QUARTER);
    assert_eq!(overview.stuck, 1);
    assert_eq!(overview.alarms[0].stuck, Stuck::Parked);
}

#[test]
fn all_that_are_stuck_are_counted_and_a_hundred_are_told() {
    let mut overview = SagaOverview::nothing("transfer", noon());
    for number in 0..=MOST_ALARMS {
        overview.take_parked(&due_since(&number.to_string(), QUARTER));
    }
    assert_eq!((overview.stuck, overview.alarms.len()), (101, 100));
}

#[test]
fn nothing_is_older_than_it_can_be_by_clocks_that_differ() {
    assert_eq!(age(noon(), noon() + QUARTER), Duration::ZERO);
}
