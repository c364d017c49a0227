//! A turn in which anything goes wrong.

use std::time::Duration;

use annals::{Asked, Clock};

use super::Simulation;
use crate::books::Wrong;
use crate::flaw::Flaw;
use crate::observed::Which;
use crate::operator::{cancel, compensate, sees_to, skip};
use crate::process::Process;

impl Simulation {
    /// Orders are placed and worked on, amid faults.
    pub(super) async fn turn(&mut self) -> Result<(), Wrong> {
        for _ in 0..self.parts.chance.below(6) {
            self.place_order();
        }
        self.disturb();
        self.bring();
        self.drive();
        self.decide().await?;
        self.pass_time();
        self.let_run().await;
        self.observe()
    }

    /// Processes are killed, paused, and go on.
    fn disturb(&mut self) {
        let chance = self.parts.chance.clone();
        let at = chance.below(2);
        match chance.below(20) {
            0 => self.restart(at),
            1 => {
                self.processes[at].set_running(false);
                self.seen.pauses += 1;
            }
            2 | 3 => self.processes[at].set_running(true),
            _ => {}
        }
    }

    fn restart(&mut self, at: usize) {
        self.seen.kills += 1;
        self.seen.cut += self.processes[at].busy() as u64;
        self.processes[at] = Process::start(&self.parts, &self.read_models);
        if self.parts.flaw == Flaw::RowsAreForgotten {
            self.observed.forget_rows();
        }
    }

    /// Events come to either process, or to both; some come again.
    fn bring(&mut self) {
        let chance = self.parts.chance.clone();
        for (to, event) in self.observed.post.next() {
            if chance.one_in(3) {
                continue;
            }
            self.processes[chance.below(2)].bring(&to, &event, &self.observed.post);
            if self.parts.flaw == Flaw::CheckpointComesFirst {
                self.observed.post.brought(&to, event.record.position);
            }
        }
        if let Some((to, event)) = self.observed.post.any_before(&chance)
            && chance.one_in(2)
        {
            self.seen.repeats += 1;
            self.processes[chance.below(2)].bring(&to, &event, &self.observed.post);
        }
    }

    fn drive(&mut self) {
        let chance = self.parts.chance.clone();
        for which in self.observed.due(self.parts.clock.now()) {
            for process in &mut self.processes {
                if chance.one_in(2) {
                    process.drive(&which);
                }
            }
        }
    }

    /// Somebody decides for one that is parked, or has one undone for which there is no way back.
    async fn decide(&mut self) -> Result<(), Wrong> {
        let chance = self.parts.chance.clone();
        let parked = self.observed.parked();
        if !parked.is_empty() && chance.one_in(2) {
            let which = &parked[chance.below(parked.len())];
            match chance.below(12) {
                0 => self.ask(which, compensate()),
                1 if chance.one_in(3) => self.ask(which, cancel()),
                2..=4 => self.skip(which).await?,
                _ => self.ask(which, Asked::Retry),
            }
        }
        let late = self.observed.past_the_pivot();
        if !late.is_empty() {
            self.ask(&late[chance.below(late.len())], compensate());
        }
        Ok(())
    }

    fn ask(&mut self, which: &Which, asked: Asked) {
        let at = self.parts.chance.below(2);
        self.processes[at].ask(which, asked);
    }

    /// Somebody sees to what failed, and says so.
    async fn skip(&mut self, which: &Which) -> Result<(), Wrong> {
        self.observe()?;
        if self.observed.is_parked(which) && sees_to(which, &self.observed, &self.by_hand).await? {
            self.seen.skips += 1;
            self.office.ask_now(which, skip()).await?;
        }
        Ok(())
    }

    /// The clock goes on, stands, jumps or goes back.
    fn pass_time(&self) {
        let (chance, clock) = (&self.parts.chance, &self.parts.clock);
        match chance.below(16) {
            0..4 => {}
            4 => clock.advance(Duration::from_secs(3_600)),
            5 => clock.set(clock.now() - Duration::from_secs(1_800)),
            6..10 => clock.advance(Duration::from_millis(300)),
            _ => clock.advance(Duration::from_secs(4)),
        }
    }

    /// Tasks go on by some steps, and time by as much as they wait for.
    async fn let_run(&self) {
        let chance = &self.parts.chance;
        for _ in 0..chance.below(60) {
            tokio::task::yield_now().await;
        }
        let millis = chance.pick(&[0, 20, 200, 1_000, 4_000]);
        tokio::time::advance(Duration::from_millis(millis)).await;
    }
}
