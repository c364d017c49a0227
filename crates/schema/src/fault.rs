//! What is wrong with declared or recorded events, and what to do about it.

use std::fmt;
use std::sync::Arc;

use annals_core::ChainFault;

use crate::difference::Difference;
use crate::page::Page;
use crate::sample::SampleFault;

/// What is wrong with declared or recorded events. Each message ends in what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaFault {
    /// The directory is not there, or it is no recorded one: nothing would be held against anything.
    /// **Do:** name the right directory; if it is new, accept, and commit what that writes.
    #[error(
        "nothing is recorded: there is no {}\n  \
         Do: look whether it is the right directory; if it is new, accept, and commit what that writes.",
        Page::JSON
    )]
    NothingRecorded,

    /// There is no sample of an event type.
    /// **Do:** add one to the samples of the catalogue.
    #[error("{event} has no sample\n  Do: add one to the samples of the catalogue.")]
    NoSample {
        /// Its stored name.
        event: String,
    },

    /// A sample cannot be stored and read back.
    /// **Do:** mend the event type or the sample.
    #[error(
        "a sample of {event} cannot be stored and read back: {fault}\n  Do: mend the type or the sample."
    )]
    UnfitSample {
        /// Its stored name.
        event: String,
        /// Why not.
        #[source]
        fault: Arc<SampleFault>,
    },

    /// The JSON Schema of the enum has no part for a variant.
    /// **Do:** derive `JsonSchema` on the enum, with the serde attributes that it is stored by.
    #[error(
        "the JSON Schema of the enum has no variant {variant}, which is stored as {event}\n  \
         Do: derive JsonSchema, and let serde leave the names of variants alone."
    )]
    NoSchema {
        /// Its stored name.
        event: String,
        /// What Rust calls it.
        variant: &'static str,
    },

    /// A stored name is declared twice.
    /// **Do:** give one of them another name.
    #[error("the name {name} is declared twice\n  Do: give one of the event types another name.")]
    NameTwice {
        /// Which name.
        name: &'static str,
    },

    /// Old versions do not come to the newest.
    /// **Do:** declare a step for each version, those on JSON first.
    #[error(
        "the upcasters of {event}: {fault}\n  Do: declare one step for each older version, those on JSON first."
    )]
    Chain {
        /// Its stored name.
        event: String,
        /// What is wrong.
        fault: ChainFault,
    },

    /// The shape of a recorded version changed, and does not take what events of it may hold.
    /// **Do:** undo it, or raise the version and upcast.
    #[error(
        "{event} version {version} changed, and recorded events do not fit any more\n{}\n  \
         Do: undo it; or raise {event} to version {} with an upcaster from version {version}, then accept.",
        Lines(differences),
        version + 1
    )]
    ShapeChanged {
        /// Its stored name.
        event: String,
        /// Which version.
        version: u32,
        /// What does not fit.
        differences: Vec<Difference>,
    },

    /// A recorded event type is gone, and a new one has its shape.
    /// **Do:** declare the old name as an alias of the new one.
    #[error(
        "{from} is recorded and not declared any more; looks like it was renamed to {to}\n  \
         Do: declare {from} as an alias of {to}; recorded events keep their name."
    )]
    EventRenamed {
        /// The recorded name.
        from: String,
        /// The new name.
        to: String,
    },

    /// A recorded event type is gone.
    /// **Do:** declare it again, under an alias, or as retired.
    #[error(
        "{event} is recorded and not declared any more\n  \
         Do: declare it again; or as an alias of what it is called now; or as retired, with what it becomes."
    )]
    EventDisappeared {
        /// The recorded name.
        event: String,
    },

    /// A version is declared and not recorded.
    /// **Do:** look at it, accept it, and commit what that writes.
    #[error(
        "{event} version {version} is not accepted yet\n  \
         Do: accept it, and commit what that writes together with the code."
    )]
    NotAccepted {
        /// Its stored name.
        event: String,
        /// Which version.
        version: u32,
    },

    /// A version is recorded that is newer than the declared one.
    /// **Do:** declare the newest again; versions never go back.
    #[error(
        "{event} is recorded in version {recorded}, and declared in version {declared}\n  \
         Do: declare version {recorded} again, or a later one; events of it may be stored."
    )]
    WentBack {
        /// Its stored name.
        event: String,
        /// The newest that is recorded.
        recorded: u32,
        /// What is declared.
        declared: u32,
    },

    /// A recorded file was changed by hand.
    /// **Do:** restore it from version control.
    #[error(
        "{path} is recorded, and was changed\n  Do: restore it from version control; what is stored does not change either."
    )]
    Edited {
        /// Which file, in the directory.
        path: String,
    },

    /// A recorded file is gone.
    /// **Do:** restore it from version control.
    #[error("{path} is recorded, and is gone\n  Do: restore it from version control.")]
    Missing {
        /// Which file, in the directory.
        path: String,
    },

    /// A golden sample is not read any more: nor would be stored events like it.
    /// **Do:** mend the type or its upcasters.
    #[error(
        "{path} is not read any more: {fault}\n  Do: mend the type or its upcasters; stored events like it would fail the same way."
    )]
    SampleFails {
        /// Which file, in the directory.
        path: String,
        /// Why not.
        #[source]
        fault: SampleFault,
    },

    /// A golden sample is read as something else than before: so would be stored events like it.
    /// **Do:** undo it, or accept it if that is meant.
    #[error(
        "{path} is read as something else than before\n{}\n  \
         Do: undo it; or, if stored events are meant to read so, accept it.",
        Lines(differences)
    )]
    SampleDiffers {
        /// Which file, in the directory.
        path: String,
        /// What differs.
        differences: Vec<Difference>,
    },

    /// The page that people read is out of date.
    /// **Do:** accept, and commit what that writes.
    #[error(
        "{path} is out of date\n{lines}\n  Do: accept, and commit what that writes together with the code."
    )]
    PageOutdated {
        /// Which file, in the directory.
        path: &'static str,
        /// The lines that differ.
        lines: String,
    },
}

impl SchemaFault {
    /// True if accepting what is declared is a way to mend it.
    pub fn is_settled_by_accepting(&self) -> bool {
        matches!(
            self,
            Self::NothingRecorded
                | Self::NotAccepted { .. }
                | Self::SampleDiffers { .. }
                | Self::PageOutdated { .. }
        )
    }
}

struct Lines<'a>(&'a [Difference]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
