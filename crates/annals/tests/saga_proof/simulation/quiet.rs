//! Turns in which all goes well, until each saga ended.

use std::time::Duration;

use annals::{Asked, Clock};

use super::Simulation;
use crate::books::Wrong;
use crate::judge;
use crate::observed::Observed;
use crate::operator::cancel;

/// Turns after which all have ended or are parked; each lasts five seconds.
const QUIET_TURNS: usize = 100;

impl Simulation {
    pub(super) fn end_faults(&mut self) {
        self.parts.faults.end();
        // Past all that was due by a clock that went back since.
        self.parts.clock.advance(Duration::from_secs(24 * 3_600));
        while !self.orders.is_empty() {
            self.place_order();
        }
        for process in &self.processes {
            process.set_running(true);
        }
    }

    /// All that is due is done.
    pub(super) async fn quiet_turn(&mut self) -> Result<(), Wrong> {
        for (to, event) in self.observed.post.next() {
            self.processes[0].bring(&to, &event, &self.observed.post);
        }
        for which in self.observed.due(self.parts.clock.now()) {
            self.processes[1].drive(&which);
        }
        for _ in 0..60 {
            tokio::task::yield_now().await;
        }
        tokio::time::advance(Duration::from_secs(5)).await;
        self.parts.clock.advance(Duration::from_secs(5));
        self.observe()
    }

    pub(super) async fn until(
        &mut self,
        is_so: fn(&Observed) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        for _ in 0..QUIET_TURNS {
            self.quiet_turn().await?;
            if is_so(&self.observed).is_ok() {
                return Ok(());
            }
        }
        is_so(&self.observed)
    }

    /// Somebody has what is parked tried again, and ends what can go on no more.
    pub(super) async fn until_all_ended(&mut self) -> Result<(), Wrong> {
        for _ in 0..QUIET_TURNS {
            for which in self.observed.parked() {
                self.office.ask_now(&which, Asked::Retry).await?;
            }
            for which in judge::waiting_in_vain(&self.observed) {
                self.office.ask_now(&which, cancel()).await?;
            }
            self.quiet_turn().await?;
            if judge::all_ended(&self.observed).is_ok() {
                return Ok(());
            }
        }
        judge::all_ended(&self.observed)
    }
}
