//! What may go wrong with a command or with the store, and how often it did.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use annals::runtime::CommandContext;

use crate::chance::Chance;

/// What happens to one attempt of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// A rule forbids it, now and under its key for ever.
    Refused,
    /// It does not arrive.
    Lost,
    /// It does not arrive, and will not while there are faults at all.
    LostAlways,
    /// It is carried out, and the answer is lost.
    AnswerLost,
    /// It arrives after its sender has heard that it was lost.
    Overdue,
    /// The handler panics before it has carried it out.
    Panics,
    /// The handler panics after that.
    PanicsInTheEnd,
    /// No answer comes, and it is not carried out.
    Hangs,
    /// No answer comes, and it is carried out.
    AnswerHangs,
    /// The answer takes its time, so that others overtake it.
    Slow,
}

/// What happens to one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppendFault {
    Unavailable,
    UnconfirmedNotWritten,
    UnconfirmedWritten,
}

impl Fault {
    pub(crate) const ALL: [Self; 10] = [
        Self::Refused,
        Self::Lost,
        Self::LostAlways,
        Self::AnswerLost,
        Self::Overdue,
        Self::Panics,
        Self::PanicsInTheEnd,
        Self::Hangs,
        Self::AnswerHangs,
        Self::Slow,
    ];

    /// Those that one attempt may have and the next not.
    const PASSING: [Self; 8] = [
        Self::Lost,
        Self::AnswerLost,
        Self::Overdue,
        Self::Panics,
        Self::PanicsInTheEnd,
        Self::Hangs,
        Self::AnswerHangs,
        Self::Slow,
    ];
}

/// How often each fault met each command.
pub(crate) type Met = BTreeMap<(String, Fault), u64>;

/// Draws faults as long as it is told to. Clones are the same.
#[derive(Clone)]
pub(crate) struct Faults {
    chance: Chance,
    drawn: Arc<Mutex<Drawn>>,
}

struct Drawn {
    are_there: bool,
    /// What keys are destined to, by key. `None`: nothing.
    fates: BTreeMap<String, Option<Fault>>,
    met: Met,
}

impl Faults {
    pub(crate) fn drawn_from(chance: &Chance) -> Self {
        Self {
            chance: chance.clone(),
            drawn: Arc::new(Mutex::new(Drawn {
                are_there: true,
                fates: BTreeMap::new(),
                met: Met::new(),
            })),
        }
    }

    /// From here on all goes well, but for what was refused before.
    pub(crate) fn end(&self) {
        self.drawn.lock().unwrap().are_there = false;
    }

    pub(crate) fn are_there(&self) -> bool {
        self.drawn.lock().unwrap().are_there
    }

    pub(crate) fn met(&self) -> Met {
        self.drawn.lock().unwrap().met.clone()
    }

    /// What happens to an attempt of a command.
    pub(crate) fn of(&self, command: &str, context: &CommandContext) -> Option<Fault> {
        let are_there = self.are_there();
        let fault = match self.fate(context) {
            Some(Fault::LostAlways) if !are_there => None,
            Some(fate) => Some(fate),
            None if are_there && self.chance.one_in(3) => Some(self.chance.pick(&Fault::PASSING)),
            None => None,
        };
        if let Some(fault) = fault {
            let mut drawn = self.drawn.lock().unwrap();
            *drawn.met.entry((command.to_owned(), fault)).or_default() += 1;
        }
        fault
    }

    /// What the key of a command is destined to: the same for each attempt.
    fn fate(&self, context: &CommandContext) -> Option<Fault> {
        let key = context.idempotency.as_ref()?.key.clone();
        let mut drawn = self.drawn.lock().unwrap();
        let are_there = drawn.are_there;
        let fate = || match self.chance.below(12) {
            0 if are_there => Some(Fault::Refused),
            1 if are_there => Some(Fault::LostAlways),
            _ => None,
        };
        *drawn.fates.entry(key).or_insert_with(fate)
    }

    /// What happens to an append.
    pub(crate) fn of_append(&self) -> Option<AppendFault> {
        let fault = match self.chance.below(30) {
            0 => AppendFault::Unavailable,
            1 => AppendFault::UnconfirmedNotWritten,
            2 => AppendFault::UnconfirmedWritten,
            _ => return None,
        };
        self.are_there().then_some(fault)
    }

    /// True if a read fails.
    pub(crate) fn of_read(&self) -> bool {
        self.chance.one_in(60) && self.are_there()
    }
}
