//! Shows how two lists differ, value by value.

use std::fmt::{Debug, Write};

/// A line for each value that is as expected, and two for each that is not: `-` the expected one,
/// `+` the actual one.
pub(crate) fn difference<T: Debug + PartialEq>(expected: &[T], actual: &[T]) -> String {
    let places = 0..expected.len().max(actual.len());
    difference_of_pairs(places.map(|place| (expected.get(place), actual.get(place))))
}

/// The same, of values that belong together: an expected and an actual one, or one of them.
pub(super) fn difference_of_pairs<'a, T: Debug + PartialEq + 'a>(
    pairs: impl IntoIterator<Item = (Option<&'a T>, Option<&'a T>)>,
) -> String {
    let mut lines = String::from("(- expected, + actual)\n");
    for pair in pairs {
        match pair {
            (Some(expected), Some(actual)) if expected == actual => push(&mut lines, ' ', actual),
            (expected, actual) => {
                expected.inspect(|value| push(&mut lines, '-', value));
                actual.inspect(|value| push(&mut lines, '+', value));
            }
        }
    }
    lines
}

fn push(lines: &mut String, mark: char, value: &impl Debug) {
    writeln!(lines, "{mark} {value:?}").expect("writing to a text cannot fail");
}
