//! Whether the steps of an event type lead from version 1 to its newest, as the contract of
//! [`Event`](crate::Event) asks for. `#[derive(Event)]` sees to it; for an `Event` by hand the schema gate
//! and the start of a service do.

use crate::typed_event::EventSchema;
use crate::upcast::Step;

/// Why old versions do not come to the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainFault {
    /// A version has no step. **Do:** declare it.
    #[error("there is none from version {from}")]
    Missing {
        /// Where it would begin.
        from: u32,
    },
    /// A version has two steps. **Do:** remove one.
    #[error("there are two from version {from}")]
    Twice {
        /// Where they begin.
        from: u32,
    },
    /// A step leads beyond the newest version. **Do:** remove it, or raise the version.
    #[error("there is one from version {from}, which is no older version")]
    Beyond {
        /// Where it begins.
        from: u32,
    },
    /// A step on JSON comes when there is no JSON any more. **Do:** make it typed too.
    #[error("the one from version {from} is on JSON, behind a typed one from version {typed}")]
    TypedFirst {
        /// Where the typed one begins.
        typed: u32,
        /// Where the one on JSON begins.
        from: u32,
    },
}

impl EventSchema {
    /// What is wrong with the way from version 1 to the newest, if anything is.
    pub fn chain_fault(&self) -> Option<ChainFault> {
        let mut typed = None;
        for from in 1..self.version {
            let mut steps = self.upcasters.iter().filter(|step| step.from == from);
            let Some(upcaster) = steps.next() else {
                return Some(ChainFault::Missing { from });
            };
            if steps.next().is_some() {
                return Some(ChainFault::Twice { from });
            }
            match (upcaster.step, typed) {
                (Step::Typed, None) => typed = Some(from),
                (Step::Json(_), Some(typed)) => {
                    return Some(ChainFault::TypedFirst { typed, from });
                }
                (Step::Typed, Some(_)) | (Step::Json(_), None) => {}
            }
        }
        let mut steps = self.upcasters.iter();
        let beyond = steps.find(|step| !(1..self.version).contains(&step.from))?;
        Some(ChainFault::Beyond { from: beyond.from })
    }
}
