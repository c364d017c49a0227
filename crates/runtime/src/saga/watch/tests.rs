use super::*;
use crate::saga::OpenInstances;

const QUARTER: Duration = Duration::from_secs(15 * 60);

fn overview(stuck: u64, minute: i64) -> SagaOverview {
    let as_of = Timestamp::from_second(minute * 60).expect("early in 1970");
    SagaOverview {
        saga: "transfer",
        as_of,
        running: OpenInstances::default(),
        parked: OpenInstances::default(),
        due: OpenInstances::default(),
        stuck,
        alarms: Vec::new(),
        is_partial: false,
    }
}

#[test]
fn what_is_stuck_is_told_at_once_and_again_after_each_time_span() {
    let mut reminders = Reminders::default();
    let told = (0..=31).filter(|minute| reminders.is_time(&overview(2, *minute), QUARTER));
    assert_eq!(told.collect::<Vec<_>>(), [0, 15, 30]);
}

#[test]
fn what_is_stuck_anew_is_told_at_once() {
    let mut reminders = Reminders::default();
    assert!(reminders.is_time(&overview(1, 0), QUARTER));
    assert!(!reminders.is_time(&overview(0, 1), QUARTER));
    assert!(reminders.is_time(&overview(1, 2), QUARTER));
}
