use annals_core::{
    EventType, IdSource, NewEvent, Position, Query, QueryItem, RandomIds, StreamVersion,
    StreamWrite, Tag,
};
use tokio::time::Instant;

use super::*;

const ANY: ExpectedVersion = ExpectedVersion::Any;
const EXISTS: ExpectedVersion = ExpectedVersion::Exists;
const NO_STREAM: ExpectedVersion = ExpectedVersion::NoStream;
const AT_3: ExpectedVersion = ExpectedVersion::At(StreamVersion(3));
const AT_4: ExpectedVersion = ExpectedVersion::At(StreamVersion(4));

fn event() -> NewEvent {
    let id = EventId(RandomIds.next());
    NewEvent::json(id, EventType::new("MoneyDeposited").unwrap(), "{}")
}

fn write(stream: &str, expected: ExpectedVersion) -> StreamWrite {
    StreamWrite {
        stream: StreamId::new("Account", stream).unwrap(),
        expected,
        events: vec![event()],
    }
}

fn append(stream: &str, expected: ExpectedVersion) -> Append {
    Append::to_streams(vec![write(stream, expected)])
}

fn append_to_both(first: StreamWrite, second: StreamWrite) -> Append {
    Append::to_streams(vec![first, second])
}

/// An append with so many events, each with so many bytes.
fn large(events: usize, bytes: usize) -> Append {
    let mut append = append(&RandomIds.next().to_string(), ANY);
    let payload = vec![b' '; bytes];
    append.writes[0].events = std::iter::repeat_with(event).take(events).collect();
    for event in &mut append.writes[0].events {
        event.data = payload.clone().into();
    }
    append
}

fn tag(name: &str) -> Tag {
    Tag::new(name).unwrap()
}

fn tagged(mut append: Append, name: &str) -> Append {
    append.writes[0].events[0].tags.push(tag(name));
    append
}

/// The append, unless something is recorded under a tag.
fn unless(append: Append, name: &str) -> Append {
    let query = Query::any_of([QueryItem::default().tags([tag(name)])]);
    append.unless(query, Position::START)
}

fn waiting(appends: impl IntoIterator<Item = Append>) -> VecDeque<Request> {
    let now = Instant::now();
    let request = |append: Append| {
        let bytes = append.events().map(|event| event.data.len()).sum();
        Request::new(append, bytes, now).0
    };
    appends.into_iter().map(request).collect()
}

fn ids(requests: &VecDeque<Request>) -> Vec<AppendId> {
    requests.iter().map(|request| request.append.id).collect()
}

fn take_ids(waiting: &mut VecDeque<Request>) -> Vec<AppendId> {
    ids(&Group::take(waiting).requests.into())
}

/// What a group says to the last of these appends, when it has taken those before.
fn admission<const N: usize>(appends: [Append; N]) -> Admission {
    let mut line = waiting(appends);
    let asked = line.pop_back().unwrap().append;
    let group = Group::take(&mut line);
    assert!(line.is_empty(), "those before travel together");
    group.admission(&asked)
}

#[test]
fn appends_to_different_streams_travel_together_whatever_they_expect() {
    let last = append_to_both(write("e", ANY), write("f", AT_3));
    let others = [
        append("a", ANY),
        append("b", AT_3),
        append("c", EXISTS),
        append("d", NO_STREAM),
        last,
    ];
    assert_eq!(admission(others), Admission::Joins);
}

#[test]
fn appends_that_expect_nothing_of_a_stream_travel_together() {
    assert_eq!(
        admission([append("a", ANY), append("a", ANY), append("a", ANY)]),
        Admission::Joins
    );
    let both = || append_to_both(write("a", ANY), write("b", ANY));
    assert_eq!(
        admission([append("a", ANY), both(), both()]),
        Admission::Joins
    );
}

#[test]
fn appends_that_expect_one_version_of_one_stream_follow_the_first() {
    for expected in [AT_3, NO_STREAM] {
        let same = || append("a", expected);
        assert_eq!(admission([same(), same()]), Admission::Follows);
        assert_eq!(admission([same(), same(), same()]), Admission::Follows);
    }
}

#[test]
fn a_group_knows_which_of_its_appends_follow() {
    let appends = [
        append("a", AT_3),
        append("b", AT_3),
        append("a", AT_3),
        append("c", ANY),
    ];
    let group = Group::take(&mut waiting(appends));
    assert_eq!(group.follows, [false, false, true, false]);
}

#[test]
fn appends_that_expect_different_versions_of_a_stream_wait_for_each_other() {
    for (first, second) in [
        (AT_3, AT_4),
        (AT_3, NO_STREAM),
        (AT_3, ANY),
        (ANY, AT_3),
        (NO_STREAM, ANY),
        (ANY, NO_STREAM),
    ] {
        let both = [append("a", first), append("a", second)];
        assert_eq!(admission(both), Admission::Waits, "{first:?} {second:?}");
    }
}

#[test]
fn a_stream_that_must_exist_is_left_to_one_append() {
    assert_eq!(
        admission([append("a", EXISTS), append("a", EXISTS)]),
        Admission::Waits
    );
    assert_eq!(
        admission([append("a", EXISTS), append("a", ANY)]),
        Admission::Waits
    );
    assert_eq!(
        admission([append("a", ANY), append("a", EXISTS)]),
        Admission::Waits
    );
}

#[test]
fn an_append_over_several_streams_that_expects_versions_closes_all_of_them() {
    let closing = || append_to_both(write("a", AT_3), write("b", ANY));
    for stream in ["a", "b"] {
        for expected in [ANY, AT_3, NO_STREAM, EXISTS] {
            let both = [closing(), append(stream, expected)];
            assert_eq!(admission(both), Admission::Waits, "{stream} {expected:?}");
            let both = [append(stream, expected), closing()];
            assert_eq!(admission(both), Admission::Waits, "{expected:?} {stream}");
        }
    }
    assert_eq!(admission([closing(), closing()]), Admission::Waits);
    assert_eq!(admission([closing(), append("c", AT_3)]), Admission::Joins);
}

#[test]
fn an_append_over_several_streams_waits_for_one_of_them() {
    let both = || append_to_both(write("a", ANY), write("b", ANY));
    assert_eq!(admission([append("b", AT_3), both()]), Admission::Waits);
    assert_eq!(
        admission([append("a", ANY), append("b", AT_3), both()]),
        Admission::Waits
    );
}

#[test]
fn an_append_with_a_condition_closes_its_streams() {
    for expected in [ANY, AT_3] {
        let conditional = || unless(append("a", expected), "seat:1");
        let plain = || append("a", expected);
        assert_eq!(admission([conditional(), plain()]), Admission::Waits);
        assert_eq!(admission([plain(), conditional()]), Admission::Waits);
        assert_eq!(admission([conditional(), conditional()]), Admission::Waits);
    }
}

#[test]
fn a_condition_that_an_event_of_the_group_matches_waits() {
    let booked = || tagged(append("a", ANY), "seat:1");
    let asked = unless(append("b", ANY), "seat:1");
    assert_eq!(admission([booked(), asked]), Admission::Waits);
    let everything = append("b", ANY).unless(Query::all(), Position::START);
    assert_eq!(admission([booked(), everything]), Admission::Waits);
}

#[test]
fn a_condition_that_no_event_of_the_group_matches_joins() {
    let booked = tagged(append("a", ANY), "seat:1");
    let asked = unless(append("b", ANY), "seat:2");
    assert_eq!(admission([booked, asked]), Admission::Joins);
}

#[test]
fn an_event_that_matches_a_condition_of_the_group_joins_behind_it() {
    let asked = unless(append("a", ANY), "seat:1");
    let booked = tagged(append("b", ANY), "seat:1");
    assert_eq!(admission([asked, booked]), Admission::Joins);
}

#[test]
fn a_repeated_append_id_waits() {
    let first = append("a", ANY);
    let again = append("b", ANY).with_id(first.id);
    assert_eq!(admission([first, again]), Admission::Waits);
}

#[test]
fn a_repeated_event_id_waits() {
    let first = append("a", ANY);
    let mut again = append("b", ANY);
    again.writes[0].events[0].id = first.writes[0].events[0].id;
    assert_eq!(admission([first, again]), Admission::Waits);
}

#[test]
fn those_that_travel_and_those_that_stay_keep_their_order() {
    let appends = [
        append("a", AT_3),
        append("a", AT_4),
        append("b", ANY),
        append("a", ANY),
        append("a", AT_3),
        append("a", EXISTS),
    ];
    let mut waiting = waiting(appends);
    let all = ids(&waiting);
    assert_eq!(take_ids(&mut waiting), [all[0], all[2], all[4]]);
    assert_eq!(ids(&waiting), [all[1], all[3], all[5]]);
}

#[test]
fn the_oldest_that_waits_travels_next() {
    let appends = [append("a", ANY), append("a", AT_3), append("a", ANY)];
    let mut waiting = waiting(appends);
    let all = ids(&waiting);
    assert_eq!(take_ids(&mut waiting), [all[0], all[2]]);
    assert_eq!(take_ids(&mut waiting), [all[1]]);
}

#[test]
fn a_group_takes_no_more_appends_than_its_limit() {
    let mut waiting = waiting((0..=APPENDS).map(|_| append("a", ANY)));
    assert_eq!(Group::take(&mut waiting).requests.len(), APPENDS);
    assert_eq!(waiting.len(), 1);
}

#[test]
fn a_group_with_as_many_events_as_its_limit_takes_no_more() {
    let appends = [EVENTS - 1, 1, 1].map(|events| large(events, 0));
    let mut waiting = waiting(appends);
    assert_eq!(Group::take(&mut waiting).requests.len(), 2);
    assert_eq!(waiting.len(), 1);
}

#[test]
fn a_group_with_as_many_bytes_as_its_limit_takes_no_more() {
    let appends = [BYTES - 1, 1, 1].map(|bytes| large(1, bytes));
    let mut waiting = waiting(appends);
    assert_eq!(Group::take(&mut waiting).requests.len(), 2);
    assert_eq!(waiting.len(), 1);
}

#[test]
fn an_append_over_all_limits_travels_alone() {
    let mut waiting = waiting([large(EVENTS + 1, BYTES / EVENTS + 1), append("a", ANY)]);
    assert_eq!(Group::take(&mut waiting).requests.len(), 1);
    assert_eq!(waiting.len(), 1);
}

#[test]
fn those_far_behind_in_line_are_not_looked_at() {
    let first = append("a", ANY);
    let mut line = vec![first.clone(); LOOKED_AT - 1];
    line.extend([append("b", ANY), append("c", ANY)]);
    let mut waiting = waiting(line);
    let all = ids(&waiting);
    let (seen, unseen) = (all[LOOKED_AT - 1], all[LOOKED_AT]);
    assert_eq!(take_ids(&mut waiting), [first.id, seen]);
    assert_eq!(waiting.back().unwrap().append.id, unseen);
}

#[test]
fn some_of_a_group_travel_again_without_leaving_any_behind() {
    let appends = || {
        [
            unless(append("a", ANY), "seat:1"),
            tagged(append("b", ANY), "seat:1"),
            append("c", AT_3),
            append("c", AT_3),
            append("c", AT_3),
            append_to_both(write("d", AT_3), write("e", ANY)),
        ]
    };
    for left_out in 0..appends().len() {
        let mut group = Group::take(&mut waiting(appends()));
        assert_eq!(group.requests.len(), appends().len());
        group.requests.remove(left_out);
        let open: Vec<AppendId> = group.appends().map(|append| append.id).collect();
        let again = Group::again(group.requests);
        assert_eq!(ids(&again.requests.into()), open);
        let followers = again.follows.iter().filter(|follows| **follows).count();
        assert_eq!(followers, if (2..5).contains(&left_out) { 1 } else { 2 });
    }
}

#[test]
fn a_full_group_travels_again_whole() {
    let appends = [EVENTS - 1, 2].map(|events| large(events, 0));
    let group = Group::take(&mut waiting(appends));
    assert_eq!(Group::again(group.requests).requests.len(), 2);
}
