//! Commands through each library's repository: load ten events or remember them, decide, append one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use crate::candidates::{ANNALS, ANNALS_REMEMBERING, Library, PEERS, in_turn};
use crate::drive::{self, Worker};
use crate::effort::Effort;
use crate::figure::Unit;
use crate::measure::{Bound, Measure};
use crate::{Outcome, fact};

use super::field::Field;

/// How many commands are sent at a time, one measure for each.
pub(super) const CLIENTS: [usize; 2] = [1, 32];

/// Deposits, each into an account that has had none since the databases were filled.
pub(super) async fn deposits(field: &Field, effort: &Effort) -> Outcome<Vec<Measure>> {
    let mut unused = 1;
    let mut measures = Vec::new();
    for clients in CLIENTS {
        let title = format!("Commands on accounts of 10 events, {clients} at a time");
        let file = format!("commands-{clients}");
        let mut measure = Measure::new(file, title, Unit::PerSecond("commands/s"));
        for round in 0..effort.rounds {
            for library in in_turn(round, field.repositories()) {
                let accounts = Accounts::new(unused, effort.commands);
                let workers = (0..clients).map(|_| accounts.client_of(&library));
                let run = drive::at_full_speed(workers.collect(), effort.turn).await?;
                measure.add_run(library.name(), &run);
            }
            unused += effort.commands;
        }
        measures.push(measure);
    }
    if let Some(measure) = measures.last_mut() {
        for ours in [ANNALS, ANNALS_REMEMBERING] {
            measure.want_of_best(ours, &PEERS, Bound::AtLeast(5.0));
        }
    }
    Ok(measures)
}

/// Accounts, handed out one by one to clients at the same time.
struct Accounts {
    next: Arc<AtomicUsize>,
    end: usize,
}

impl Accounts {
    fn new(first: usize, accounts: usize) -> Self {
        Self {
            next: Arc::new(AtomicUsize::new(first)),
            end: first + accounts,
        }
    }

    fn client_of(&self, library: &Arc<dyn Library>) -> Box<dyn Worker> {
        Box::new(Client {
            library: Arc::clone(library),
            next: Arc::clone(&self.next),
            end: self.end,
        })
    }
}

struct Client {
    library: Arc<dyn Library>,
    next: Arc<AtomicUsize>,
    end: usize,
}

#[async_trait]
impl Worker for Client {
    async fn work(&mut self) -> Outcome<u64> {
        let account = self.next.fetch_add(1, Ordering::Relaxed);
        if account >= self.end {
            return Ok(0);
        }
        self.library.deposit(&fact::account(account)).await?;
        Ok(1)
    }
}
