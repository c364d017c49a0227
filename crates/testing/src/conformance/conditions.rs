//! Line 5, append conditions: dynamic consistency boundaries, checked in the same step as the write.

use std::collections::HashMap;

use annals_core::{
    Append, AppendError, EventStream, ExpectedVersion, NewEvent, Position, Query, QueryItem, Read,
    RecordedEvent, Source, StreamVersion, Tag,
};

use super::sample::{
    append, append_at, event, event_of_type, event_type, events, stream, tag, tagged,
};
use super::subject::{Subject, in_parallel, rest_of};

const RACERS: usize = 20;

/// 5g: a condition holds while nothing it asks for is recorded; the append's own events do not count.
pub(super) async fn a_condition_holds_until_a_match_is_recorded(store: Subject) {
    store.append(append("User-0", events(0..3))).await;
    store.append(register("User-1", 10, "ada")).await;
    store.append(register("User-2", 11, "bob")).await;
    assert_condition_fails(&store, register("User-3", 12, "ada")).await;
}

/// 5h: a condition looks only at what was recorded after its position.
pub(super) async fn a_condition_looks_only_behind_its_position(store: Subject) {
    let ada = append("User-1", vec![event(0).tagged(tag("name:ada"))]);
    let seen = store.append(ada).await.last;
    let rename = |number| append("User-1", vec![event(number).tagged(tag("name:ada"))]);
    store
        .append(rename(1).unless(tagged("name:ada"), seen))
        .await;
    assert_condition_fails(&store, rename(2).unless(tagged("name:ada"), seen)).await;
    let seen = store.head().await;
    store
        .append(rename(3).unless(tagged("name:ada"), seen))
        .await;
}

/// 5i: a condition may ask by type, by category, by several tags, or for any event at all.
pub(super) async fn a_condition_asks_in_every_way_a_query_can(store: Subject) {
    let noted = event_of_type("UserRegistered", 0)
        .tagged(tag("name:ada"))
        .tagged(tag("club:1"));
    store.append(append("User-1", vec![noted])).await;
    let item = QueryItem::default;
    let matching = [
        item().types([event_type("UserRegistered")]),
        item().categories(["User"]),
        item().tags([tag("club:1"), tag("name:ada")]),
        item()
            .types([event_type("UserRegistered")])
            .tags([tag("club:1")]),
        item(),
    ];
    for item in matching {
        let refused = append("User-2", events(1..2)).unless(Query::any_of([item]), Position::START);
        assert_condition_fails(&store, refused).await;
    }
    let missing = Query::any_of([
        item().types([event_type("UserLeft")]),
        item().categories(["Use"]),
        item().tags([tag("club:1"), tag("name:bob")]),
        item()
            .types([event_type("UserRegistered")])
            .categories(["Club"]),
    ]);
    store
        .append(append("User-2", events(1..2)).unless(missing, Position::START))
        .await;
}

/// 5j: the expected version and the condition must both hold.
pub(super) async fn expectation_and_condition_must_both_hold(store: Subject) {
    store
        .append(append("User-1", vec![event(0).tagged(tag("name:ada"))]))
        .await;
    let at_one = ExpectedVersion::At(StreamVersion(1));
    let condition_fails = append_at("User-1", at_one, events(1..2));
    assert_condition_fails(
        &store,
        condition_fails.unless(tagged("name:ada"), Position::START),
    )
    .await;
    let expectation_fails = append_at("User-1", ExpectedVersion::NoStream, events(1..2));
    store
        .refusal(expectation_fails.unless(tagged("name:bob"), Position::START))
        .await;
    let both_hold = append_at("User-1", at_one, events(1..2));
    store
        .append(both_hold.unless(tagged("name:bob"), Position::START))
        .await;
}

/// 5k: of twenty racers whose conditions exclude each other, exactly one wins, in every round.
pub(super) async fn of_twenty_racers_for_a_name_exactly_one_wins(store: Subject) {
    for round in 0..25 {
        let racers = (0..RACERS).map(|racer| {
            let number = round * RACERS + racer;
            let append = register(&format!("User-{number}"), number, &format!("name{round}"));
            try_append(store.clone(), append)
        });
        let outcomes = in_parallel(racers).await;
        let winners = outcomes.into_iter().filter(|won| *won).count();
        assert_eq!(winners, 1, "round {round}");
    }
}

/// 5l: appends whose conditions have nothing to do with each other never fail each other.
pub(super) async fn unrelated_conditions_never_fail_each_other(store: Subject) {
    let writers = (0..16).map(|writer| {
        let store = store.clone();
        async move {
            for round in 0..20 {
                let number = writer * 100 + round;
                let name = format!("name{number}");
                store.append(register("User-shared", number, &name)).await;
            }
        }
    });
    in_parallel(writers).await;
    assert_eq!(store.head().await, Position(16 * 20));
}

/// 5m: students race for places in courses: none is overbooked, and no place stays free that
/// someone was refused.
pub(super) async fn no_course_is_overbooked_and_no_place_refused_in_vain(store: Subject) {
    let wishes = (0..6).flat_map(|student| (0..4).map(move |course| (student, course)));
    let wishes = wishes.map(|(student, course)| enrol(store.clone(), student, course));
    let outcomes = in_parallel(wishes).await;

    let mut enrolled: HashMap<Tag, usize> = HashMap::new();
    for event in store.all().await {
        for tag in event.tags {
            *enrolled.entry(tag).or_default() += 1;
        }
    }
    let is_full = |tag: &Tag, places| enrolled.get(tag).is_some_and(|taken| *taken == places);
    for Wish {
        student,
        course,
        granted,
    } in outcomes
    {
        assert!(enrolled.get(&course).copied().unwrap_or_default() <= PLACES_PER_COURSE);
        assert!(enrolled.get(&student).copied().unwrap_or_default() <= COURSES_PER_STUDENT);
        let refused_rightly =
            is_full(&course, PLACES_PER_COURSE) || is_full(&student, COURSES_PER_STUDENT);
        assert!(
            granted || refused_rightly,
            "{student} found no place in {course}"
        );
    }
}

const PLACES_PER_COURSE: usize = 3;
const COURSES_PER_STUDENT: usize = 2;

/// A student's wish for a course, and whether it was granted.
struct Wish {
    student: Tag,
    course: Tag,
    granted: bool,
}

/// Reads, decides and appends until the decision stands.
async fn enrol(store: Subject, student: usize, course: usize) -> Wish {
    let number = student * 10 + course;
    let student = tag(&format!("student:{student}"));
    let course = tag(&format!("course:{course}"));
    let places = [&student, &course].map(|tag| QueryItem::default().tags([tag.clone()]));
    let query = Query::any_of(places);
    loop {
        let read = store
            .start_read(Read::forwards(Source::query(query.clone())))
            .await;
        let (head, enrolments) = taken(read).await;
        let with = |tag: &Tag| {
            enrolments
                .iter()
                .filter(|event| event.tags.contains(tag))
                .count()
        };
        if with(&course) >= PLACES_PER_COURSE || with(&student) >= COURSES_PER_STUDENT {
            return Wish {
                student,
                course,
                granted: false,
            };
        }
        let enrolled: NewEvent = event(number).tagged(student.clone()).tagged(course.clone());
        let append = append("Enrolment-1", vec![enrolled]).unless(query.clone(), head);
        if try_append(store.clone(), append).await {
            return Wish {
                student,
                course,
                granted: true,
            };
        }
    }
}

async fn taken(read: EventStream) -> (Position, Vec<RecordedEvent>) {
    (read.head(), rest_of(read).await)
}

/// Registers a user, unless the name is taken.
fn register(user: &str, number: usize, name: &str) -> Append {
    let name = format!("name:{name}");
    let registered = event_of_type("UserRegistered", number).tagged(tag(&name));
    append(user, vec![registered]).unless(tagged(&name), Position::START)
}

/// True if the append was taken, false if its condition failed.
async fn try_append(store: Subject, append: Append) -> bool {
    match store.try_append(append).await {
        Ok(_) => true,
        Err(AppendError::ConditionFailed { .. }) => false,
        Err(refusal) => panic!("a racer was refused by {refusal}"),
    }
}

async fn assert_condition_fails(store: &Subject, append: Append) {
    let id = append.writes[0].stream.clone();
    let version = store.stream_version(&id).await;
    let refusal = store.refusal(append).await;
    let failed = matches!(refusal, AppendError::ConditionFailed { .. });
    assert!(failed, "refused by {refusal}");
    assert_eq!(store.stream_version(&stream(id.as_str())).await, version);
}
