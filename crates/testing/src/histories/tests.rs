//! What recorded histories notice.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use annals_core::{
    Aggregate, DataKey, Event as _, EventId, Keys, Origin, Personal, Snapshot, SubjectId,
    SubjectKey, seal_event,
};
use annals_macros::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Purpose, look_at};

#[derive(Event, Serialize, Deserialize)]
#[event(retired("Noted" => drop))]
enum CountEvent {
    #[event(version = 2, upcast(1 => name_amount))]
    Raised { by: i64 },
}

fn name_amount(payload: Value) -> Value {
    Value::from_iter([("by", payload)])
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("a count is never refused")]
struct Refused;

/// The same aggregate as another code has it: by which factor it counts, and its revision.
macro_rules! count {
    ($code:ident, $factor:literal, $revision:literal) => {
        mod $code {
            use super::*;

            #[derive(Default, Clone, Serialize, Deserialize, JsonSchema)]
            pub(super) struct Count {
                count: i64,
            }

            impl Aggregate for Count {
                const CATEGORY: &'static str = "Count";
                type Command = ();
                type Event = CountEvent;
                type Error = Refused;

                fn decide(&self, _: ()) -> Result<Vec<CountEvent>, Refused> {
                    Ok(Vec::new())
                }

                fn evolve(&mut self, event: &CountEvent) {
                    let CountEvent::Raised { by } = event;
                    self.count += $factor * by;
                }
            }

            impl Snapshot for Count {
                const FOLD_REVISION: u32 = $revision;
            }
        }
    };
}

count!(today, 1, 1);
count!(doubled, 2, 1);
count!(doubled_and_raised, 2, 2);
count!(raised, 1, 2);

/// A directory with a history of every stored shape.
struct Histories(TempDir);

impl Histories {
    fn new() -> Self {
        let directory = Self(tempfile::tempdir().unwrap());
        directory.write(&json!({ "events": [
            { "type": "Raised", "version": 1, "payload": 5 },
            { "type": "Noted", "version": 1, "payload": {} },
            { "type": "Raised", "version": 2, "payload": { "by": 2 } },
        ]}));
        directory
    }

    /// The same, accepted by the code of today.
    fn accepted() -> Self {
        let histories = Self::new();
        histories.look::<today::Count>(Purpose::Accept).unwrap();
        histories
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("count.history.json")
    }

    fn write(&self, history: &Value) {
        fs::write(self.file(), history.to_string()).unwrap();
    }

    fn read(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn look<A: Snapshot>(&self, purpose: Purpose) -> Result<(), String> {
        look_at::<A>(self.0.path(), purpose).map_err(|faults| faults.join("\n"))
    }

    #[track_caller]
    fn refused<A: Snapshot>(&self, purpose: Purpose, expected: &str) {
        let fault = self.look::<A>(purpose).unwrap_err();
        assert!(fault.contains(expected), "{fault}");
    }
}

#[test]
fn an_accepted_history_folds_to_its_state() {
    let histories = Histories::accepted();
    let recorded: Value = serde_json::from_str(&histories.read()).unwrap();
    assert_eq!(recorded["outcome"]["state"], json!({ "count": 7 }));
    histories.look::<today::Count>(Purpose::Compare).unwrap();
}

#[test]
fn accepting_what_is_accepted_changes_no_file() {
    let histories = Histories::accepted();
    let before = histories.read();
    histories.look::<today::Count>(Purpose::Accept).unwrap();
    assert_eq!(histories.read(), before);
}

#[test]
fn a_history_that_was_never_accepted_is_told() {
    Histories::new().refused::<today::Count>(
        Purpose::Compare,
        "no state was accepted yet; if that was meant, run the test once with ANNALS_ACCEPT_HISTORIES=1",
    );
}

#[test]
fn a_changed_fold_that_snapshots_do_not_notice_is_never_accepted() {
    let histories = Histories::accepted();
    for purpose in [Purpose::Compare, Purpose::Accept] {
        let expected = "the fold changed and snapshots do not notice: raise the revision";
        histories.refused::<doubled::Count>(purpose, expected);
        histories.refused::<doubled::Count>(purpose, "-   \"count\": 7\n+   \"count\": 14\n");
    }
}

#[test]
fn a_changed_fold_of_another_revision_is_accepted_when_that_was_meant() {
    let histories = Histories::accepted();
    histories.refused::<doubled_and_raised::Count>(Purpose::Compare, "it folds to another state");
    let accepted = histories.look::<doubled_and_raised::Count>(Purpose::Accept);
    accepted.unwrap();
    let compared = histories.look::<doubled_and_raised::Count>(Purpose::Compare);
    compared.unwrap();
}

#[test]
fn another_revision_is_told_even_if_the_state_is_the_same() {
    let histories = Histories::accepted();
    histories.refused::<raised::Count>(Purpose::Compare, "it folds to the same state");
    histories.look::<raised::Count>(Purpose::Accept).unwrap();
    histories.look::<raised::Count>(Purpose::Compare).unwrap();
}

#[test]
fn every_stored_shape_is_asked_for() {
    let histories = Histories::new();
    histories.write(&json!({ "events": [] }));
    for shape in [
        "Raised version 1",
        "Raised version 2",
        "Noted, which is retired",
    ] {
        let expected = format!("no history holds {shape}");
        histories.refused::<today::Count>(Purpose::Accept, &expected);
    }
}

#[test]
fn an_event_that_cannot_be_read_is_told_with_its_file() {
    let histories = Histories::new();
    let events = [json!({ "type": "Lowered", "version": 1, "payload": {} })];
    histories.write(&json!({ "events": events }));
    let expected = "count.history.json: event Lowered at position 1: unknown event type";
    histories.refused::<today::Count>(Purpose::Compare, expected);
}

#[test]
fn a_directory_that_is_not_there_is_told() {
    let histories = Histories::new();
    let nowhere = histories.0.path().join("nowhere");
    let told = look_at::<today::Count>(&nowhere, Purpose::Compare).unwrap_err();
    let named = nowhere.display().to_string();
    assert!(
        matches!(&told[..], [one] if one.contains(&named)),
        "{told:?}"
    );
}

#[test]
fn histories_are_accepted_when_asked_by_a_1_and_not_in_a_ci() {
    let purpose = |accept: Option<&str>, ci: Option<&str>| {
        Purpose::of(accept.map(Into::into), ci.map(Into::into)).ok()
    };
    assert_eq!(purpose(Some("1"), None), Some(Purpose::Accept));
    assert_eq!(purpose(Some("1"), Some("false")), Some(Purpose::Accept));
    assert_eq!(purpose(Some("1"), Some("true")), None);
    for other in [None, Some(""), Some("0"), Some("true")] {
        assert_eq!(purpose(other, Some("true")), Some(Purpose::Compare));
        assert_eq!(purpose(other, None), Some(Purpose::Compare));
    }
}

#[derive(Event, Serialize, Deserialize)]
enum UserEvent {
    #[event(version = 2, upcast(1 => shout))]
    Named {
        user: String,
        #[personal(subject = user)]
        name: Personal<String>,
    },
}

fn shout(mut payload: Value) -> Value {
    if let Some(name) = payload["name"].as_str() {
        payload["name"] = json!(name.to_uppercase());
    }
    payload
}

/// Knows how long a name is.
#[derive(Default, Clone, Serialize, Deserialize, JsonSchema)]
struct User {
    letters: Option<usize>,
    first: Option<char>,
}

impl Aggregate for User {
    const CATEGORY: &'static str = "User";
    type Command = ();
    type Event = UserEvent;
    type Error = Refused;

    fn decide(&self, _: ()) -> Result<Vec<UserEvent>, Refused> {
        Ok(Vec::new())
    }

    fn evolve(&mut self, UserEvent::Named { name, .. }: &UserEvent) {
        self.letters = name.known().map(String::len);
        self.first = name.known().and_then(|name| name.chars().next());
    }
}

impl Snapshot for User {
    const FOLD_REVISION: u32 = 1;
}

/// The payload of an event with a name, as the schema gate seals it in its samples.
fn sealed(name: &str) -> Value {
    let (user, name) = ("user-7".to_owned(), Personal::new(name.to_owned()));
    let mut event = UserEvent::Named { user, name };
    let key = SubjectKey::Living(Arc::new(DataKey::from_bytes([0; 32])));
    let keys = Keys::of(vec![(SubjectId::new("user-7").unwrap(), key)]);
    let origin = Origin {
        stream: &"Sample-1".parse().unwrap(),
        event: EventId(Uuid::nil()),
    };
    seal_event(&mut event, &keys, &origin, &mut Vec::new()).unwrap();
    serde_json::from_slice(&event.encode().unwrap()).unwrap()
}

#[test]
fn what_is_sealed_is_open_to_upcasters_and_folds() {
    let histories = Histories::new();
    histories.write(&json!({ "events": [
        { "type": "Named", "version": 2, "payload": sealed("Grace") },
        { "type": "Named", "version": 1, "payload": sealed("ada") },
    ]}));
    histories.look::<User>(Purpose::Accept).unwrap();
    let recorded: Value = serde_json::from_str(&histories.read()).unwrap();
    let state = json!({ "letters": 3, "first": "A" });
    assert_eq!(recorded["outcome"]["state"], state);
}
