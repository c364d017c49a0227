//! How long to measure.

use std::time::Duration;

/// How long to measure: all of it is bounded, in rounds, time and number.
pub(crate) struct Effort {
    /// How often the candidates take turns.
    pub(crate) rounds: usize,
    /// How long a candidate's turn is.
    pub(crate) turn: Duration,
    /// Most commands in a turn: each goes to an account that has had none. Who is done with them
    /// before the turn is over is measured for as long as that took.
    pub(crate) commands: usize,
    /// Events that are read in a turn of the embedded store.
    pub(crate) embedded_events: usize,
    /// Events that read models are made of.
    pub(crate) projected_events: usize,
    /// How often they are made by each who takes part.
    pub(crate) projected_rounds: usize,
    /// Sagas that run in a turn.
    pub(crate) sagas: usize,
    /// Timers of sagas.
    pub(crate) timers: usize,
    /// The time in which they are due.
    pub(crate) timers_within: Duration,
}

impl Effort {
    /// Figures to publish.
    pub(crate) const FULL: Self = Self {
        rounds: 5,
        turn: Duration::from_secs(1),
        commands: 2_000,
        embedded_events: 500_000,
        projected_events: 300_000,
        projected_rounds: 3,
        sagas: 3_000,
        timers: 2_000,
        timers_within: Duration::from_secs(5),
    };

    /// Figures to develop by.
    pub(crate) const QUICK: Self = Self {
        rounds: 3,
        turn: Duration::from_millis(200),
        commands: 400,
        embedded_events: 50_000,
        projected_events: 60_000,
        projected_rounds: 3,
        sagas: 2_000,
        timers: 500,
        timers_within: Duration::from_secs(1),
    };
}
