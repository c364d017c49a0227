use super::*;

fn measured(unit: Unit) -> Measure {
    let mut measure = Measure::new("file", "title", unit);
    for (ours, slow, fast) in [(10.0, 1.0, 2.0), (20.0, 5.0, 10.0), (90.0, 10.0, 15.0)] {
        measure.add("ours", ours);
        measure.add("slow", slow);
        measure.add("fast", fast);
    }
    measure
}

fn opponent(measure: &Measure) -> Vec<&str> {
    let goals = measure.goals.iter();
    goals.map(|goal| goal.text.as_str()).collect()
}

#[test]
fn a_ratio_is_taken_round_by_round_and_its_median_counts() {
    let measure = measured(Unit::PerSecond("events/s"));
    let ratio = measure.ratio("ours", "slow").expect("both took part");
    assert_eq!((ratio.least, ratio.median, ratio.most), (4.0, 9.0, 10.0));
}

#[test]
fn the_best_rate_is_the_highest() {
    let mut measure = measured(Unit::PerSecond("events/s"));
    measure.want_of_best("ours", &["slow", "fast"], Bound::AtLeast(5.0));
    assert_eq!(opponent(&measure), ["ours ÷ fast"]);
}

#[test]
fn the_best_time_is_the_lowest() {
    let mut measure = measured(Unit::Milliseconds);
    measure.want_of_best("ours", &["slow", "fast"], Bound::AtMost(1.0));
    assert_eq!(opponent(&measure), ["ours ÷ slow"]);
}

#[test]
fn a_goal_is_missed_when_its_median_is_beyond_the_bound() {
    let mut measure = measured(Unit::PerSecond("events/s"));
    measure.want("ours", "slow", Bound::AtLeast(9.0));
    measure.want("ours", "slow", Bound::AtLeast(9.1));
    measure.want("ours", "slow", Bound::AtMost(9.0));
    measure.want("ours", "slow", Bound::AtMost(8.9));
    let reached: Vec<_> = measure.goals.iter().map(Goal::is_reached).collect();
    assert_eq!(reached, [true, false, true, false]);
}
