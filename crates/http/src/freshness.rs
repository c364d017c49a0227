//! How new an answer must be, such as to read one's own writes.

use std::time::Duration;

use annals_core::{EventStore, Position};
use annals_runtime::{Freshness as Asked, NotFresh, ProjectionHandle};

use crate::fields::{Fields, FromFields};
use crate::problem::Problem;

/// The header that asks for an answer at least as new as a position.
pub const MIN_POSITION: &str = "Annals-Min-Position";

/// The same, in the query.
pub(crate) const MIN_POSITION_PARAMETER: &str = "minPosition";
/// Asks for an answer with all there is.
pub(crate) const FRESHNESS_PARAMETER: &str = "freshness";
/// Asks for an answer with all there was so many milliseconds ago.
pub(crate) const MAX_AGE_PARAMETER: &str = "maxAgeMs";

/// How long an answer waits for its read model.
const WAIT_AT_MOST: Duration = Duration::from_secs(5);

/// How new an answer must be, said in one way or not at all:
///
/// - with everything up to a position: `minPosition` in the query, or the header
///   `Annals-Min-Position`; of both, the later counts;
/// - with all there is: `freshness=current`;
/// - with all there was a while ago: `maxAgeMs`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Freshness(Asked);

impl Freshness {
    /// Waits until a read model of a store is new enough, and tells how new it is.
    ///
    /// # Errors
    /// 503 with the position reached, when it is not new enough in five seconds; what the store
    /// answers, when it has to be asked and fails.
    pub async fn wait(
        self,
        store: &dyn EventStore,
        projection: &ProjectionHandle,
    ) -> Result<Position, Problem> {
        let reached = projection.wait_until_fresh(store, self.0, WAIT_AT_MOST);
        reached.await.map_err(|error| match error {
            NotFresh::Store(error) => error.into(),
            NotFresh::NotReached(missed) => self.not_reached(missed.reached),
            error => Problem::internal(&error),
        })
    }

    /// Checks an answer that comes straight from the store, which is never behind.
    ///
    /// # Errors
    /// 503 with the position of the store's head, when that is not new enough.
    pub fn check(self, head: Position) -> Result<Position, Problem> {
        match self.0 {
            Asked::AtLeast(position) if head < position => Err(self.not_reached(head)),
            _ => Ok(head),
        }
    }

    fn not_reached(self, reached: Position) -> Problem {
        let title = "The read model is not new enough yet";
        let problem = Problem::try_later("not-fresh-enough", title)
            .detail(format!(
                "{} was asked for, position {reached} is reached",
                self.what()
            ))
            .with("position", reached.0);
        match self.0 {
            Asked::AtLeast(position) => problem.with(MIN_POSITION_PARAMETER, position.0),
            _ => problem,
        }
    }

    /// What an answer must hold.
    fn what(self) -> String {
        match self.0 {
            Asked::Any => "anything".to_owned(),
            Asked::AtLeast(position) => format!("position {position}"),
            Asked::Current => "everything that was there".to_owned(),
            Asked::NoOlderThan(age) => format!("everything older than {} ms", age.as_millis()),
        }
    }
}

impl FromFields for Freshness {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let in_query = fields.query(MIN_POSITION_PARAMETER, parse_position);
        let in_header = fields.header(MIN_POSITION, parse_position);
        let at_least = in_query.max(in_header).map(Asked::AtLeast);
        let position = match in_query {
            Some(_) => MIN_POSITION_PARAMETER,
            None => MIN_POSITION,
        };
        let current = fields.query(FRESHNESS_PARAMETER, parse_word);
        let max_age = fields.query(MAX_AGE_PARAMETER, parse_age);
        let ways = [
            at_least.map(|asked| (position, asked)),
            current.map(|asked| (FRESHNESS_PARAMETER, asked)),
            max_age.map(|asked| (MAX_AGE_PARAMETER, asked)),
        ];
        let mut ways = ways.into_iter().flatten();
        let Some((name, asked)) = ways.next() else {
            return Some(Self::default());
        };
        for (other, _) in ways {
            fields.fault(other, &format!("cannot be given together with {name}"));
        }
        Some(Self(asked))
    }
}

fn parse_position(text: &str) -> Result<Position, &'static str> {
    let position = text.parse().map(Position);
    position.map_err(|_| "must be a position as Annals-Position gives it: a whole number")
}

fn parse_word(text: &str) -> Result<Asked, &'static str> {
    match text {
        "current" => Ok(Asked::Current),
        _ => Err("must be current"),
    }
}

fn parse_age(text: &str) -> Result<Asked, &'static str> {
    let age = text.parse().map(Duration::from_millis);
    age.map(Asked::NoOlderThan)
        .map_err(|_| "must be a whole number of milliseconds")
}
