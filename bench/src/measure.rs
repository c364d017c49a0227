//! Measures: what several candidates did in the same rounds, and what was to be reached.

use crate::drive::{Latency, Run, no_latency};
use crate::figure::Unit;

#[cfg(test)]
mod tests;

/// One measure of several candidates.
pub(crate) struct Measure {
    /// What its plots are called.
    pub(crate) file: String,
    /// What is measured.
    pub(crate) title: String,
    /// Of what, and whether more of it is better.
    pub(crate) unit: Unit,
    /// What it was measured of, in the order of the rounds.
    pub(crate) rows: Vec<Row>,
    /// What was to be reached.
    pub(crate) goals: Vec<Goal>,
}

/// What one candidate did.
pub(crate) struct Row {
    /// Which candidate.
    pub(crate) name: &'static str,
    /// A figure for each round.
    pub(crate) rounds: Vec<f64>,
    /// How long single pieces of work took, over all rounds; empty where that says nothing.
    pub(crate) latency: Latency,
}

/// Something to be reached.
pub(crate) struct Goal {
    /// `Annals ÷ naive transaction`.
    pub(crate) text: String,
    /// The bound.
    pub(crate) wanted: Bound,
    /// What was measured.
    pub(crate) reached: Spread,
}

/// What a goal's figure must keep to.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    /// Not less.
    AtLeast(f64),
    /// Not more.
    AtMost(f64),
}

/// A figure of several rounds.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    /// Of the middle round.
    pub(crate) median: f64,
    /// Of the lowest round.
    pub(crate) least: f64,
    /// Of the highest round.
    pub(crate) most: f64,
}

impl Measure {
    /// A measure that has not begun.
    pub(crate) fn new(file: impl Into<String>, title: impl Into<String>, unit: Unit) -> Self {
        Self {
            file: file.into(),
            title: title.into(),
            unit,
            rows: Vec::new(),
            goals: Vec::new(),
        }
    }

    /// What a candidate did in one round, with how long each piece of it took.
    pub(crate) fn add_run(&mut self, name: &'static str, run: &Run) {
        self.add(name, run.per_second);
        self.add_latency(name, &run.latency);
    }

    /// What a candidate did in one round.
    pub(crate) fn add(&mut self, name: &'static str, figure: f64) {
        self.row_mut(name).rounds.push(figure);
    }

    /// How long pieces of work took.
    pub(crate) fn add_latency(&mut self, name: &'static str, latency: &Latency) {
        let row = self.row_mut(name);
        row.latency
            .add(latency)
            .expect("a histogram that resizes takes in any other");
    }

    /// The row of a candidate, if it took part.
    pub(crate) fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }

    /// By its median.
    fn best_of(&self, names: &[&str]) -> Option<&Row> {
        let taking_part = self.rows.iter().filter(|row| names.contains(&row.name));
        taking_part.reduce(|best, row| {
            let is_more = row.figure().median > best.figure().median;
            if is_more == self.unit.more_is_better() {
                row
            } else {
                best
            }
        })
    }

    /// How many times the one is the other, round by round.
    pub(crate) fn ratio(&self, of: &str, to: &str) -> Option<Spread> {
        let (of, to) = (self.row(of)?, self.row(to)?);
        let ratios = of.rounds.iter().zip(&to.rounds).map(|(of, to)| of / to);
        Some(Spread::of(ratios.collect()))
    }

    /// Sets a goal for the ratio of two candidates, if both took part.
    pub(crate) fn want(&mut self, of: &str, to: &str, wanted: Bound) {
        if let Some(reached) = self.ratio(of, to) {
            self.goals.push(Goal {
                text: format!("{of} ÷ {to}"),
                wanted,
                reached,
            });
        }
    }

    /// Sets a goal for what a candidate does by itself, if it took part.
    pub(crate) fn want_figure(&mut self, of: &str, wanted: Bound) {
        if let Some(row) = self.row(of) {
            let reached = row.figure();
            self.goals.push(Goal {
                text: format!("{of}, {}", self.unit.name()),
                wanted,
                reached,
            });
        }
    }

    /// Sets a goal for the ratio to the best of several candidates, if any took part.
    pub(crate) fn want_of_best(&mut self, of: &str, names: &[&str], wanted: Bound) {
        if let Some(best) = self.best_of(names).map(|row| row.name) {
            self.want(of, best, wanted);
        }
    }

    fn row_mut(&mut self, name: &'static str) -> &mut Row {
        let place = self.rows.iter().position(|row| row.name == name);
        let place = place.unwrap_or_else(|| {
            self.rows.push(Row {
                name,
                rounds: Vec::new(),
                latency: no_latency(),
            });
            self.rows.len() - 1
        });
        &mut self.rows[place]
    }
}

impl Row {
    /// The figure of all rounds.
    pub(crate) fn figure(&self) -> Spread {
        Spread::of(self.rounds.clone())
    }

    /// A percentile of the single pieces of work, in milliseconds.
    pub(crate) fn percentile(&self, percentile: f64) -> Option<f64> {
        let micros = self.latency.value_at_percentile(percentile);
        (!self.latency.is_empty()).then_some(micros as f64 / 1_000.0)
    }
}

impl Spread {
    /// A figure that was measured once.
    pub(crate) fn once(figure: f64) -> Self {
        Self::of(vec![figure])
    }

    fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let at = |place: usize| figures.get(place).copied().unwrap_or(f64::NAN);
        Self {
            median: at(figures.len() / 2),
            least: at(0),
            most: at(figures.len().saturating_sub(1)),
        }
    }
}

impl Goal {
    /// True if the median round keeps to the bound. What could not be measured does not.
    pub(crate) fn is_reached(&self) -> bool {
        match self.wanted {
            Bound::AtLeast(bound) => self.reached.median >= bound,
            Bound::AtMost(bound) => self.reached.median <= bound,
        }
    }
}
