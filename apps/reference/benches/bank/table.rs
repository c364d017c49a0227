//! The printed table.

use std::time::Duration;

/// Rows of figures, printed at the end.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<[String; 3]>,
}

impl Table {
    /// Any figure.
    pub(crate) fn row(&mut self, what: &str, figure: String, note: String) {
        eprintln!("{what}: {figure}  {note}");
        self.rows.push([what.to_owned(), figure, note]);
    }

    /// Percentiles of durations.
    pub(crate) fn percentiles(&mut self, what: &str, mut samples: Vec<Duration>) {
        samples.sort_unstable();
        let at = |hundredths: usize| {
            let place = samples.len() * hundredths / 100;
            let sample = samples.get(place.min(samples.len().saturating_sub(1)));
            sample.copied().unwrap_or_default().as_secs_f64() * 1_000.0
        };
        let figure = format!("p50 {:.2} ms, p99 {:.2} ms", at(50), at(99));
        self.row(what, figure, format!("{} samples", samples.len()));
    }

    #[expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]
    pub(crate) fn print(&self) {
        let width = |column: usize| {
            self.rows
                .iter()
                .map(|row| row[column].chars().count())
                .max()
        };
        let (first, second) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
        println!();
        for [what, figure, note] in &self.rows {
            println!("{what:<first$}  {figure:>second$}  {note}");
        }
    }
}
