//! Sagas beside the bare commands that they send, and how late their timers are.
//!
//! In reading order: `trip` is the saga of three steps, and `alarm` one that waits; `place` is where they
//! run, in a `counted` store; `running` is what runs them; `trips` and `lateness` measure.

use crate::Outcome;
use crate::conditions;
use crate::effort::Effort;
use crate::measure::Measure;
use crate::report::Report;

mod alarm;
mod counted;
mod lateness;
mod place;
mod running;
mod trip;
mod trips;

use place::Place;

const CRATES: [&str; 3] = ["rusqlite", "libsqlite3-sys", "tokio-postgres"];

const TITLE: &str = "Sagas: beside the bare commands that they send";

const NOTES: &str = "\
A saga of three steps, each a command to an aggregate of its own that records one event, once on the embedded store with
SQLite beside it, and once on PostgreSQL. Every append is durable before it is answered.

- *Annals*: the events that ask for the sagas are there; then the inbox, the read model and the engine start, with 256
  places, and it is measured until the last saga has ended. All of it counts: taking the event in, four inputs recorded
  with the whole instance after each, the inbox's checkpoint, and the read model that follows;
- *bare commands*: the same three commands, one after the other, over the same bus and under idempotency keys of the same
  kind, by 256 clients; nobody remembers how far they are, and nothing is done after a crash.

*One at a time*: the next saga is asked for once the one before has ended. Its request counts, and so does the way from
there to the inbox.

A timer's lateness is the time from when it is due, as recorded, until the command that it leads to is at its handler:
that it fired is durable by then. Timers are spread over the time of a round; under load, sagas of three steps are run beside
them as fast as they go, on the same store, read model and cores.

What was tried: an input was first asked for, then read for, then appended, and the instance read again for what to do next;
now it is appended to what was recorded before it, and read for only when that is refused. That took the engine's own
reads for a saga from 8 to little more than 1 (sweeps meet some that have just ended), and its questions whether an append
was made from 4 to none. Of the bytes a saga costs beyond its commands, most are the whole instance, once with each input:
that is what lets the engine do without reads. Since it holds nothing that is empty, a saga takes 7 % less of the processors.
To remember for a second what this process recorded last would spare the one read that is left, and a fifth of the time; it
is not done, since a command could go out that much later than another process cancelled its instance. On the embedded
store, where nobody waits for a network, the processors are what there is too little of: the read model takes about a
quarter of them, deciding and JSON a fifth.
";

/// Measures everything.
pub(crate) async fn measure(url: &str, effort: &Effort) -> Outcome<Report> {
    let mut conditions = conditions::of_machine()?;
    conditions.extend(conditions::of_server(url, &CRATES).await?);
    let mut measures = Vec::new();
    for place in [Place::embedded().await?, Place::postgres(url).await?] {
        conditions.push(trips::cost(&place).await?);
        measures.extend(measure_in(&place, effort).await?);
        place.clear().await?;
    }
    Ok(Report {
        name: "sagas",
        title: TITLE,
        notes: NOTES,
        conditions,
        measures,
    })
}

async fn measure_in(place: &Place, effort: &Effort) -> Outcome<Vec<Measure>> {
    Ok(vec![
        trips::many_at_once(place, effort).await?,
        trips::one_at_a_time(place, effort).await?,
        lateness::of_timers(place, effort).await?,
    ])
}
