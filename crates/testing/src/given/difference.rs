//! Shows how two lists differ, value by value.

use std::fmt::{Debug, Write};

/// A line for each value that is as expected, and two for each that is not: `-` the expected one,
/// `+` the actual one.
pub(super) fn difference<T: Debug + PartialEq>(expected: &[T], actual: &[T]) -> String {
    let mut lines = String::from("(- expected, + actual)\n");
    for index in 0..expected.len().max(actual.len()) {
        match (expected.get(index), actual.get(index)) {
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
