//! A projection that is declared makes the rows that one by hand makes, whatever happens.

use std::collections::BTreeMap;
use std::time::Duration;

use annals::{Event, Position, Projection, ReadModel, StreamVersion, Timestamp};
use annals_testing::{Happened, given_events, happened};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Debug, Clone)]
enum ParcelEvent {
    Sent { to: String, grams: u32 },
    Redirected { to: String },
    Stored(Shelf),
    Fetched(Shelf),
    Weighed { grams: u32 },
    Delivered,
}

#[derive(Serialize, Deserialize, Debug, Clone)]
struct Shelf {
    depot: String,
    days: u32,
}

/// By the id of the stream; made and deleted by some events.
#[derive(ReadModel, Projection, Clone, Debug, PartialEq)]
#[read_model(table = "parcels")]
#[projection(event = ParcelEvent, create_on(Sent), delete_on(Delivered))]
struct Parcel {
    #[key]
    #[from(stream_id)]
    number: u64,
    #[from(Sent.to, Redirected.to)]
    to: String,
    #[from(Sent => false, Redirected => true)]
    redirected: bool,
    #[from(Sent.grams, Weighed.grams)]
    grams: u64,
    #[from(Stored.0.depot)]
    last_depot: Option<String>,
    #[sum(Stored.0.days, -Fetched.0.days)]
    days: i64,
    #[count(Stored, Fetched)]
    stops: u32,
    #[from(version)]
    version: StreamVersion,
    #[from(position)]
    position: Position,
    #[from(recorded_at)]
    changed_at: Timestamp,
}

/// By a field of some events and by the stream; made by any of them.
#[derive(ReadModel, Projection, Clone, Debug, PartialEq)]
#[read_model(table = "visits")]
#[projection(event = ParcelEvent)]
struct Visit {
    #[key]
    #[from(Stored.0.depot, Fetched.0.depot)]
    depot: String,
    #[key]
    #[from(stream_id)]
    parcel: String,
    #[count(Stored, -Fetched)]
    there: i64,
    #[from(Fetched.0.days)]
    longest: Option<u32>,
    #[from(recorded_at)]
    changed_at: Timestamp,
}

/// What happened to which parcel.
type Happening = (u64, ParcelEvent);

/// An event with its place in the store and in its stream.
struct Placed<'a> {
    parcel: u64,
    event: &'a ParcelEvent,
    position: Position,
    version: StreamVersion,
    at: Timestamp,
}

/// The happenings as a fresh store records them.
fn placed(happenings: &[Happening]) -> Vec<Placed<'_>> {
    let mut versions: BTreeMap<u64, StreamVersion> = BTreeMap::new();
    let events = (1..).zip(happenings);
    let placed = events.map(|(position, (parcel, event))| {
        let version = versions.entry(*parcel).or_insert(StreamVersion::NONE);
        *version = version.next();
        Placed {
            parcel: *parcel,
            event,
            position: Position(position),
            version: *version,
            at: Timestamp::UNIX_EPOCH + Duration::from_secs(position),
        }
    });
    placed.collect()
}

/// The parcels, by hand.
fn parcels(happenings: &[Happening]) -> Vec<Parcel> {
    let mut parcels: BTreeMap<u64, Parcel> = BTreeMap::new();
    for placed in placed(happenings) {
        let before = parcels.remove(&placed.parcel);
        if let Some(after) = parcel_after(before, &placed) {
            parcels.insert(placed.parcel, after);
        }
    }
    parcels.into_values().collect()
}

fn parcel_after(row: Option<Parcel>, placed: &Placed<'_>) -> Option<Parcel> {
    let mut row = match (row, placed.event) {
        (_, ParcelEvent::Delivered) => return None,
        (Some(row), _) => row,
        (None, ParcelEvent::Sent { .. }) => sent_parcel(placed),
        (None, _) => return None,
    };
    match placed.event {
        ParcelEvent::Sent { to, grams } => {
            row.to.clone_from(to);
            row.redirected = false;
            row.grams = u64::from(*grams);
        }
        ParcelEvent::Redirected { to } => {
            row.to.clone_from(to);
            row.redirected = true;
        }
        ParcelEvent::Stored(shelf) => {
            row.last_depot = Some(shelf.depot.clone());
            row.days += i64::from(shelf.days);
            row.stops += 1;
        }
        ParcelEvent::Fetched(shelf) => {
            row.days -= i64::from(shelf.days);
            row.stops += 1;
        }
        ParcelEvent::Weighed { grams } => row.grams = u64::from(*grams),
        ParcelEvent::Delivered => {}
    }
    row.version = placed.version;
    row.position = placed.position;
    row.changed_at = placed.at;
    Some(row)
}

fn sent_parcel(placed: &Placed<'_>) -> Parcel {
    Parcel {
        number: placed.parcel,
        to: String::new(),
        redirected: false,
        grams: 0,
        last_depot: None,
        days: 0,
        stops: 0,
        version: placed.version,
        position: placed.position,
        changed_at: placed.at,
    }
}

/// The visits, by hand.
fn visits(happenings: &[Happening]) -> Vec<Visit> {
    let mut visits: BTreeMap<(String, u64), Visit> = BTreeMap::new();
    for placed in placed(happenings) {
        let (ParcelEvent::Stored(shelf) | ParcelEvent::Fetched(shelf)) = placed.event else {
            continue;
        };
        let row = visits.entry((shelf.depot.clone(), placed.parcel));
        let row = row.or_insert_with(|| Visit {
            depot: shelf.depot.clone(),
            parcel: placed.parcel.to_string(),
            there: 0,
            longest: None,
            changed_at: placed.at,
        });
        if let ParcelEvent::Stored(_) = placed.event {
            row.there += 1;
        } else {
            row.there -= 1;
            row.longest = Some(shelf.days);
        }
        row.changed_at = placed.at;
    }
    visits.into_values().collect()
}

/// As the testing kit is told of them.
fn given(happenings: &[Happening]) -> Vec<Happened<ParcelEvent>> {
    let placed = placed(happenings).into_iter();
    let happened = placed.map(|placed| {
        let stream = format!("Parcel-{}", placed.parcel);
        happened(&stream, placed.event.clone()).at(placed.at)
    });
    happened.collect()
}

fn shelves() -> impl Strategy<Value = Shelf> {
    let shelf = |(depot, days)| Shelf { depot, days };
    ("[ab]", 0..1000_u32).prop_map(shelf)
}

/// Anything, also what makes no sense.
fn events() -> impl Strategy<Value = ParcelEvent> {
    prop_oneof![
        ("[a-c]", any::<u32>()).prop_map(|(to, grams)| ParcelEvent::Sent { to, grams }),
        "[a-c]".prop_map(|to| ParcelEvent::Redirected { to }),
        shelves().prop_map(ParcelEvent::Stored),
        shelves().prop_map(ParcelEvent::Fetched),
        any::<u32>().prop_map(|grams| ParcelEvent::Weighed { grams }),
        Just(ParcelEvent::Delivered),
    ]
}

proptest! {
    #[test]
    fn the_rows_are_the_same(happenings in prop::collection::vec((1..4_u64, events()), 0..40)) {
        given_events::<Parcel>(given(&happenings)).then(parcels(&happenings));
        given_events::<Visit>(given(&happenings)).then(visits(&happenings));
    }
}

#[test]
fn the_rows_are_the_same_in_every_way_that_events_are_taken_in() {
    let shelf = |depot: &str, days| Shelf {
        depot: depot.to_owned(),
        days,
    };
    let sent = |to: &str| ParcelEvent::Sent {
        to: to.to_owned(),
        grams: 5,
    };
    let happenings = [
        (1, sent("ann")),
        (2, ParcelEvent::Stored(shelf("a", 3))),
        (2, sent("bob")),
        (1, ParcelEvent::Stored(shelf("a", 3))),
        (1, ParcelEvent::Fetched(shelf("a", 2))),
        (2, ParcelEvent::Delivered),
        (1, ParcelEvent::Weighed { grams: 7 }),
    ];
    given_events::<Visit>(given(&happenings))
        .under_every_batching()
        .with_restarts_at_every_step()
        .with_repeats()
        .then(visits(&happenings));
    given_events::<Parcel>(given(&happenings))
        .under_every_batching()
        .with_restarts_at_every_step()
        .with_repeats()
        .then(parcels(&happenings));
}
