//! A part of the benchmark as a page: conditions, goals, and a table and plots for each measure.

use std::fmt::Write;
use std::path::Path;

use crate::Outcome;
use crate::candidates::ANNALS;
use crate::measure::{Bound, Goal, Measure, Row, Spread};
use crate::plot;

const PERCENTILES: [f64; 3] = [50.0, 99.0, 99.9];

/// What was measured, and under what conditions.
pub(crate) struct Report {
    /// The name of its page and of the folder of its plots.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) notes: &'static str,
    pub(crate) conditions: Vec<String>,
    pub(crate) measures: Vec<Measure>,
}

impl Report {
    /// True if no goal was missed.
    pub(crate) fn reaches_its_goals(&self) -> bool {
        self.goals().all(|(_, goal)| goal.is_reached())
    }

    /// Writes the page and its plots into a directory.
    pub(crate) fn write_to(&self, directory: &Path) -> Outcome {
        let plots = directory.join(self.name);
        std::fs::create_dir_all(&plots)?;
        for measure in &self.measures {
            for (shown, drawing) in plot::of(measure) {
                let file = format!("{}-{shown}.svg", measure.file);
                std::fs::write(plots.join(file), drawing)?;
            }
        }
        let page = directory.join(self.name).with_extension("md");
        Ok(std::fs::write(page, self.to_markdown())?)
    }

    /// The page.
    pub(crate) fn to_markdown(&self) -> String {
        let mut page = format!("# {}\n\n", self.title);
        page += "Written by `annals-bench`; absolute figures tell of the machine, ratios of the code.\n\n";
        for condition in &self.conditions {
            let _ = writeln!(page, "- {condition}");
        }
        let _ = write!(page, "\n{}", self.notes);
        self.write_goals(&mut page);
        for measure in &self.measures {
            self.write_measure(&mut page, measure);
        }
        page
    }

    fn goals(&self) -> impl Iterator<Item = (&Measure, &Goal)> {
        let of = |measure| move |goal| (measure, goal);
        self.measures
            .iter()
            .flat_map(move |measure: &Measure| measure.goals.iter().map(of(measure)))
    }

    fn write_goals(&self, page: &mut String) {
        *page += "\n## Goals\n\n| measure | ratio | goal | median | rounds | reached |\n|---|---|---|---|---|---|\n";
        for (measure, goal) in self.goals() {
            let reached = if goal.is_reached() { "yes" } else { "**no**" };
            let (title, text) = (&measure.title, &goal.text);
            let (wanted, median, rounds) = (
                bound(goal.wanted),
                goal.reached.median,
                rounds(goal.reached),
            );
            let _ = writeln!(
                page,
                "| {title} | {text} | {wanted} | {median:.2} | {rounds} | {reached} |"
            );
        }
    }

    fn write_measure(&self, page: &mut String, measure: &Measure) {
        let _ = write!(page, "\n## {}\n\n", measure.title);
        let plots = plot::of(measure);
        for (shown, _) in &plots {
            let (title, folder, file) = (&measure.title, self.name, &measure.file);
            let _ = writeln!(page, "![{title}: {shown}]({folder}/{file}-{shown}.svg)");
        }
        if !plots.is_empty() {
            page.push('\n');
        }
        let unit = measure.unit.name();
        let _ = write!(page, "| | {unit} | rounds | {ANNALS} ÷ it |");
        let _ = write!(
            page,
            "{}\n|---|--:|--:|--:|",
            columns(measure, |percentile| { format!(" p{percentile} |") })
        );
        let _ = writeln!(page, "{}", columns(measure, |_| "--:|".to_owned()));
        for row in &measure.rows {
            let _ = writeln!(page, "{}", line(measure, row));
        }
    }
}

fn line(measure: &Measure, row: &Row) -> String {
    let Spread {
        median,
        least,
        most,
    } = row.figure();
    let [median, least, most] = [median, least, most].map(|figure| measure.unit.format(figure));
    let ratio = measure
        .ratio(ANNALS, row.name)
        .filter(|_| row.name != ANNALS);
    let ratio = ratio.map_or(String::new(), |ratio| format!("{:.2}", ratio.median));
    let latencies = columns(measure, |percentile| {
        let milliseconds = row.percentile(percentile);
        milliseconds.map_or(" |".to_owned(), |milliseconds| {
            format!(" {milliseconds:.2} ms |")
        })
    });
    format!(
        "| {} | {median} | {least}–{most} | {ratio} |{latencies}",
        row.name
    )
}

/// A column for each percentile, where pieces of work were timed one by one.
fn columns(measure: &Measure, of: impl Fn(f64) -> String) -> String {
    if measure.rows.iter().all(|row| row.latency.is_empty()) {
        return String::new();
    }
    PERCENTILES.into_iter().map(of).collect()
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::AtLeast(bound) => format!("≥ {bound}"),
        Bound::AtMost(bound) => format!("≤ {bound}"),
    }
}

fn rounds(spread: Spread) -> String {
    format!("{:.2}–{:.2}", spread.least, spread.most)
}
