//! What `#[snapshot]` promises.

use annals_core::{Aggregate, Snapshot};
use annals_macros::{Event, snapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum CountEvent {
    Raised { by: i64 },
    Cleared,
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("a count is never refused")]
struct Refused;

/// Declares an aggregate with this `evolve`, and what else is told to `#[snapshot]`.
macro_rules! count {
    ($name:ident ($($told:tt)*) $evolve:item) => {
        #[derive(Default, Clone, Serialize, Deserialize, JsonSchema)]
        struct $name {
            count: i64,
        }

        #[snapshot($($told)*)]
        impl Aggregate for $name {
            const CATEGORY: &'static str = "Count";
            type Command = ();
            type Event = CountEvent;
            type Error = Refused;

            fn decide(&self, _: ()) -> Result<Vec<CountEvent>, Refused> {
                Ok(Vec::new())
            }

            $evolve
        }
    };
}

count!(First () fn evolve(&mut self, event: &CountEvent) {
    match event {
        CountEvent::Raised { by } => self.count += by,
        CountEvent::Cleared => {
            self.count = 0;
        }
    }
});

count!(LaidOutOtherwise ()
/// Documented,
#[inline]
fn evolve(
    &mut self, event: &CountEvent,
) {
    // and commented.
    match event {
        CountEvent::Raised {
            by,
        } => self.count
            += by,
        CountEvent::Cleared => { self.count = 0; },
    }
});

count!(Otherwise () fn evolve(&mut self, event: &CountEvent) {
    match event {
        CountEvent::Raised { by } => self.count -= by,
        CountEvent::Cleared => {
            self.count = 0;
        }
    }
});

count!(Grouped () fn evolve(&mut self, event: &CountEvent) {
    if let CountEvent::Raised { by } = event {
        self.count = (by + self.count) * 2;
    }
});

count!(GroupedOtherwise () fn evolve(&mut self, event: &CountEvent) {
    if let CountEvent::Raised { by } = event {
        self.count = by + (self.count * 2);
    }
});

count!(Counted (revision = 2) fn evolve(&mut self, event: &CountEvent) {
    match event {
        CountEvent::Raised { by } => self.count += by,
        CountEvent::Cleared => {
            self.count = 0;
        }
    }
});

#[test]
fn a_fold_with_other_words_is_another_revision() {
    assert_ne!(Otherwise::FOLD_REVISION, First::FOLD_REVISION);
    assert_ne!(GroupedOtherwise::FOLD_REVISION, Grouped::FOLD_REVISION);
}

#[test]
fn comments_layout_and_attributes_are_no_words() {
    assert_eq!(LaidOutOtherwise::FOLD_REVISION, First::FOLD_REVISION);
}

#[test]
fn a_revision_that_is_counted_by_hand_is_another_one() {
    assert_ne!(Counted::FOLD_REVISION, First::FOLD_REVISION);
}

#[test]
fn the_revision_of_a_fold_is_the_same_for_ever() {
    assert_eq!(First::FOLD_REVISION, 889_694_497);
}
