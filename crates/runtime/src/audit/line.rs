//! An audit as a line that a person understands.

use std::fmt;

use annals_core::Position;

use super::{Audit, Findings, PageSpan};

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_complete() {
            let up_to = grouped(self.complete_up_to.0);
            let events = grouped(self.handled);
            return write!(f, "complete up to {up_to} ({events} events)");
        }
        let found = [
            of_positions(&self.missing, "was not handled", "were not handled"),
            of_positions(
                &self.foreign,
                "was handled, but holds nothing to handle",
                "were handled, but hold nothing to handle",
            ),
            of_positions(
                &self.repeated,
                "was handled more than once",
                "were handled more than once",
            ),
            of_pages(&self.altered),
        ];
        let found: Vec<_> = found.into_iter().flatten().collect();
        f.write_str(&found.join("; "))
    }
}

fn of_positions(found: &Findings<Position>, one: &str, many: &str) -> Option<String> {
    let named: Vec<_> = found.first.iter().map(|at| grouped(at.0)).collect();
    match named.as_slice() {
        [] => None,
        [position] if found.total == 1 => Some(format!("position {position} {one}")),
        named => {
            let (total, named) = (grouped(found.total), list(named, found.total));
            Some(format!("{total} positions {many}: {named}"))
        }
    }
}

fn of_pages(found: &Findings<PageSpan>) -> Option<String> {
    let named: Vec<_> = found.first.iter().map(PageSpan::to_string).collect();
    let named = (!named.is_empty()).then(|| list(&named, found.total))?;
    Some(format!(
        "another event was handled than the log holds, among positions {named}"
    ))
}

fn list(named: &[String], total: u64) -> String {
    let more = match total > named.len() as u64 {
        true => ", …",
        false => "",
    };
    format!("{}{more}", named.join(", "))
}

impl fmt::Display for PageSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (grouped(self.first.0), grouped(self.last.0));
        write!(f, "{first} to {last}")
    }
}

/// A number in groups of three digits: `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let numbers = [0, 7, 999, 1_000, 12_345, 1_000_000].map(grouped);
        assert_eq!(numbers, ["0", "7", "999", "1,000", "12,345", "1,000,000"]);
    }
}
