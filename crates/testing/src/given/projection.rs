//! Given/then for projections.

use annals_core::{
    Event, Position, Projection, ProjectionBatch, ReadModel, RecordedEvent, TableFold,
    TableProjection,
};

use super::difference::{difference, difference_of_pairs};
use super::happened::{Happened, record};
use super::steps::Step;
use super::tables::{Row, Tables};

/// Begins a test of a projection with what happened, in this order.
///
/// The events go the way they go in production, but for the database: they are encoded, recorded
/// with positions and versions, selected by the projection's query, decoded, and folded into rows
/// that are kept as their columns hold them.
///
/// ```
/// # use annals_core as annals;
/// use annals::{Projection, Recorded};
/// # use annals_macros::{Event, ReadModel};
/// use annals_testing::{given_events, happened};
/// # use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Serialize, Deserialize)]
/// enum AccountEvent {
///     Deposited { cents: i64 },
///     Closed,
/// }
///
/// #[derive(ReadModel, Clone)]
/// #[read_model(table = "balances")]
/// struct Balance {
///     #[key]
///     account: String,
///     cents: i64,
/// }
///
/// impl Projection for Balance {
///     type Event = AccountEvent;
///
///     fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
///         vec![event.record.stream.id().to_owned()]
///     }
///
///     fn fold(row: Option<Self>, key: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
///         let AccountEvent::Deposited { cents } = event.event else {
///             return None;
///         };
///         let before = row.map_or(0, |row| row.cents);
///         Some(Self { account: key.clone(), cents: before + cents })
///     }
/// }
///
/// let balances = given_events::<Balance>([
///     happened("Account-a", AccountEvent::Deposited { cents: 5 }),
///     happened("Account-b", AccountEvent::Deposited { cents: 1 }),
///     happened("Account-a", AccountEvent::Deposited { cents: 7 }),
///     happened("Account-b", AccountEvent::Closed),
/// ])
/// .under_every_batching()
/// .with_restarts_at_every_step()
/// .with_repeats()
/// .reordered_across_streams()
/// .then([Balance { account: "a".to_owned(), cents: 12 }]);
///
/// let steps = balances.steps();
/// assert_eq!(
///     steps[2].to_string(),
///     r#"position 3, Account-a, Deposited: balances ["a"] cents 5 -> 12"#
/// );
/// ```
///
/// # Panics
/// When an event cannot be encoded, or cannot be applied.
#[track_caller]
pub fn given_events<P: Projection>(
    events: impl IntoIterator<Item = Happened<P::Event>>,
) -> GivenEvents {
    GivenEvents::new(TableFold::of_rows::<P>(), events)
}

/// Begins a test of a projection of several tables, as [`given_events`] does of one.
///
/// # Panics
/// When an event cannot be encoded, or cannot be applied.
#[track_caller]
pub fn given_events_for_tables<P: TableProjection>(
    events: impl IntoIterator<Item = Happened<P::Event>>,
) -> GivenEvents {
    GivenEvents::new(TableFold::of_tables::<P>(), events)
}

/// What happened, and the rows that a projection made of it in one batch.
#[derive(Debug)]
pub struct GivenEvents {
    pub(super) fold: TableFold,
    pub(super) log: Vec<RecordedEvent>,
    pub(super) rows: Tables,
}

impl GivenEvents {
    #[track_caller]
    fn new<E: Event>(fold: TableFold, events: impl IntoIterator<Item = Happened<E>>) -> Self {
        let log = record(events);
        let rows = in_new_process(|| Tables::default().after(&fold, &batch(&fold, &log)));
        Self {
            rows: rows.unwrap_or_else(|error| panic!("{error}")),
            fold,
            log,
        }
    }

    /// Expects these rows of a table and no others, in whatever order.
    ///
    /// # Panics
    /// When there are others; the message shows the difference.
    #[track_caller]
    pub fn then<R: ReadModel>(self, rows: impl IntoIterator<Item = R>) -> Self {
        self.check_declared::<R>();
        let expected = Tables::of(rows.into_iter().map(|row| Row::of(&row)));
        let actual = self.rows.of_table(R::TABLE);
        if !actual.has_rows_of(&expected) {
            let difference = difference_of_pairs(expected.beside(&actual));
            panic!("{} has other rows\n{difference}", R::TABLE);
        }
        self
    }

    /// Expects this row.
    ///
    /// # Panics
    /// When there is another one, or none, under its key.
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an expected row is written in place, and an ampersand before it says nothing"
    )]
    pub fn then_row<R: ReadModel>(self, expected: R) -> Self {
        self.check_declared::<R>();
        let actual = self.rows.row::<R>(&expected.key());
        let expected = Row::of(&expected);
        match actual {
            Some(row) if *row == expected => {}
            Some(row) => {
                let difference = difference(&[&expected], &[row]);
                panic!("the row is another one\n{difference}")
            }
            None => panic!("there is no row {}\nexpected {expected}", expected.name()),
        }
        self
    }

    /// Expects no row under this key.
    ///
    /// # Panics
    /// When there is one.
    #[track_caller]
    pub fn then_no_row<R: ReadModel>(self, key: impl Into<R::Key>) -> Self {
        self.check_declared::<R>();
        if let Some(row) = self.rows.row::<R>(&key.into()) {
            panic!("there is a row, expected none\n{row}");
        }
        self
    }

    /// What each event changed, also those that the projection does not ask for, which change nothing.
    ///
    /// # Panics
    /// When an event cannot be applied by itself.
    #[track_caller]
    pub fn steps(&self) -> Vec<Step> {
        let step = |tables: &mut Tables, event: &RecordedEvent| {
            let after = tables.after(&self.fold, &batch(&self.fold, std::slice::from_ref(event)));
            let after = after.unwrap_or_else(|error| panic!("{error}"));
            let before = std::mem::replace(tables, after);
            Step::of(event, &before, tables)
        };
        in_new_process(|| {
            let mut tables = Tables::default();
            self.log
                .iter()
                .map(|event| step(&mut tables, event))
                .collect()
        })
    }

    #[track_caller]
    fn check_declared<R: ReadModel>(&self) {
        let is_declared = self
            .fold
            .tables()
            .iter()
            .any(|table| table.name == R::TABLE);
        assert!(is_declared, "the projection declares no {}", R::TABLE);
    }
}

/// What a projection is given of consecutive events: those it asks for.
pub(super) fn batch(fold: &TableFold, log: &[RecordedEvent]) -> ProjectionBatch {
    let wanted = log.iter().filter(|event| {
        fold.query()
            .matches(&event.stream, &event.event_type, &event.tags)
    });
    let before = |event: &RecordedEvent| Position(event.position.0 - 1);
    ProjectionBatch {
        after: log.first().map_or(Position::START, before),
        up_to: log.last().map_or(Position::START, |event| event.position),
        events: wanted.cloned().collect(),
    }
}

/// Does something as a process does that was just started, with nothing in memory: on a thread of its
/// own.
pub(super) fn in_new_process<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let done = std::thread::scope(|scope| scope.spawn(work).join());
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
