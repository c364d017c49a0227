//! Reading one's own writes: an answer that includes a position.

use std::time::Duration;

use annals_core::Position;
use annals_runtime::ProjectionHandle;

use crate::fields::{Fields, FromFields};
use crate::problem::Problem;

/// The header that asks for an answer at least as new as a position.
pub const MIN_POSITION: &str = "Annals-Min-Position";

/// How long an answer waits for its read model.
const WAIT_AT_MOST: Duration = Duration::from_secs(5);

/// How new an answer must be: `minPosition` in the query, or the header `Annals-Min-Position`.
/// Of both, the later counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Freshness {
    at_least: Position,
}

impl Freshness {
    /// Waits until a read model is new enough, and tells how new it is.
    ///
    /// # Errors
    /// 503 with the position reached, when it is not new enough in five seconds.
    pub async fn wait(self, projection: &ProjectionHandle) -> Result<Position, Problem> {
        let reached = projection.wait_for(self.at_least, WAIT_AT_MOST).await;
        reached.map_err(|missed| self.not_reached(missed.reached))
    }

    /// Checks an answer that comes straight from the store, which is never behind.
    ///
    /// # Errors
    /// 503 with the position of the store's head, when that is not new enough.
    pub fn check(self, head: Position) -> Result<Position, Problem> {
        match head >= self.at_least {
            true => Ok(head),
            false => Err(self.not_reached(head)),
        }
    }

    fn not_reached(self, reached: Position) -> Problem {
        let title = "The read model has not reached that position yet";
        Problem::try_later("not-fresh-enough", title)
            .detail(format!(
                "position {} was asked for, {reached} is reached",
                self.at_least
            ))
            .with("minPosition", self.at_least.0)
            .with("position", reached.0)
    }
}

impl FromFields for Freshness {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let in_query = fields.query("minPosition", parse_position);
        let in_header = fields.header(MIN_POSITION, parse_position);
        let at_least = in_query.max(in_header).unwrap_or_default();
        Some(Self { at_least })
    }
}

fn parse_position(text: &str) -> Result<Position, &'static str> {
    let position = text.parse().map(Position);
    position.map_err(|_| "must be a position as Annals-Position gives it: a whole number")
}
