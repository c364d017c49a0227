//! Marks: the places of messages in their order.

use std::fmt;
use std::str::FromStr;

use annals_core::Position;

/// The place of a message in the order of its topic: the position of its event, and which part of it
/// that is. As a text it is `<position>-<part>`, which is an id of an entry in a Redis stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The position of the event.
    pub position: Position,
    /// Which [part](annals_core::Recorded::part) of what is recorded there, from 0.
    pub part: u64,
}

/// A text that is no mark.
/// **Do:** look for who else writes where the outbox does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not of the kind <position>-<part>")]
pub struct InvalidMark;

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.position.0, self.part)
    }
}

impl FromStr for Mark {
    type Err = InvalidMark;

    fn from_str(text: &str) -> Result<Self, InvalidMark> {
        let (position, part) = text.split_once('-').ok_or(InvalidMark)?;
        Ok(Self {
            position: Position(position.parse().map_err(|_| InvalidMark)?),
            part: part.parse().map_err(|_| InvalidMark)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(position: u64, part: u64) -> Mark {
        let position = Position(position);
        Mark { position, part }
    }

    #[test]
    fn a_mark_is_read_back_from_its_text() {
        assert_eq!(mark(17, 2).to_string(), "17-2");
        assert_eq!("17-2".parse(), Ok(mark(17, 2)));
        for text in ["", "17", "17-", "-2", "17-2-3", "a-b"] {
            assert_eq!(text.parse::<Mark>(), Err(InvalidMark), "{text}");
        }
    }

    #[test]
    fn marks_are_in_the_order_of_positions_then_of_parts() {
        let marks = [mark(2, 1), mark(10, 0), mark(10, 2)];
        assert!(marks.is_sorted());
    }
}
