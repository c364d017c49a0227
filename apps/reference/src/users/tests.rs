use annals::{Event, Personal, Timestamp};
use annals_testing::given;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::activate::Activate;
use super::change_email::ChangeEmail;
use super::register::Register;
use super::upcast::split_name;
use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn ada() -> UserId {
    "user-7".parse().unwrap()
}

fn personal(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

fn registered() -> UserEvent {
    UserEvent::Registered {
        user_id: ada(),
        email: personal("ada@example.org"),
        first_name: personal("Ada"),
        last_name: personal("Lovelace"),
        registered_at: at(1),
    }
}

fn activated() -> UserEvent {
    UserEvent::Activated {
        activated_at: at(2),
    }
}

fn email_changed(new_email: &str) -> UserEvent {
    UserEvent::EmailChanged {
        user_id: ada(),
        new_email: personal(new_email),
        updated_by: "clerk".parse().unwrap(),
        changed_at: at(3),
    }
}

/// As it is read once its person was forgotten.
fn forgotten() -> UserEvent {
    let erased = || Personal::erased(ada().subject());
    UserEvent::Registered {
        user_id: ada(),
        email: erased(),
        first_name: erased(),
        last_name: erased(),
        registered_at: at(1),
    }
}

fn register() -> UserCommand {
    UserCommand::Register(Register {
        user_id: ada(),
        email: personal("ada@example.org"),
        first_name: personal("Ada"),
        last_name: personal("Lovelace"),
        at: at(1),
    })
}

fn activate() -> UserCommand {
    UserCommand::Activate(Activate { at: at(2) })
}

fn change_email(new_email: &str) -> UserCommand {
    UserCommand::ChangeEmail(ChangeEmail {
        new_email: personal(new_email),
        updated_by: "clerk".parse().unwrap(),
        at: at(3),
    })
}

#[test]
fn a_user_is_registered_once() {
    let user_id = ada();
    given::<User>([]).when(register()).then([registered()]);
    given::<User>([registered()])
        .when(register())
        .then_refused(UserError::AlreadyRegistered { user_id });
}

#[test]
fn a_user_is_activated_once() {
    given::<User>([registered()])
        .when(activate())
        .then([activated()]);
    given::<User>([registered(), activated()])
        .when(activate())
        .then_refused(UserError::AlreadyActive);
}

#[test]
fn an_email_address_is_changed_to_another_one_only() {
    given::<User>([registered()])
        .when(change_email("ada@example.com"))
        .then([email_changed("ada@example.com")]);
    given::<User>([registered()])
        .when(change_email("ada@example.org"))
        .then([]);
    given::<User>([registered(), email_changed("ada@example.com")])
        .when(change_email("ada@example.org"))
        .then([email_changed("ada@example.org")]);
}

#[test]
fn only_a_registered_user_takes_commands() {
    for command in [activate(), change_email("ada@example.com")] {
        given::<User>([])
            .when(command)
            .then_refused(UserError::NotRegistered);
    }
}

#[test]
fn a_forgotten_user_takes_no_commands() {
    for command in [activate(), change_email("ada@example.com")] {
        given::<User>([forgotten()])
            .when(command)
            .then_refused(UserError::Erased);
    }
    let user_id = ada();
    given::<User>([forgotten()])
        .when(register())
        .then_refused(UserError::AlreadyRegistered { user_id });
}

#[test]
fn whatever_is_personal_of_a_user_is_about_that_user() {
    for event in [registered(), email_changed("ada@example.com")] {
        assert_eq!(event.subjects(), ["user-7"]);
    }
    assert!(activated().subjects().is_empty());
}

#[test]
fn no_debug_output_shows_what_is_personal() {
    let shown = format!("{:?} {:?}", register(), registered());
    for said in ["Ada", "Lovelace", "example"] {
        assert!(!shown.contains(said), "{shown}");
    }
}

fn version_1(name: &Value) -> Value {
    json!({
        "userId": "user-7",
        "email": "ada@example.org",
        "name": name,
        "registeredAt": "2020-01-01T00:00:00Z",
    })
}

fn names_of(name: &Value) -> (Value, Value) {
    let mut upcast = split_name(version_1(name));
    (upcast["firstName"].take(), upcast["lastName"].take())
}

#[test]
fn an_old_name_becomes_its_first_word_and_the_rest() {
    let cases = [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Augusta Ada King", "Augusta", "Ada King"),
        ("  Ada\tKing  Noel ", "Ada", "King  Noel"),
        ("Plato", "Plato", ""),
        ("", "", ""),
        (" ", "", ""),
    ];
    for (name, first, last) in cases {
        assert_eq!(
            names_of(&json!(name)),
            (json!(first), json!(last)),
            "{name}"
        );
    }
}

#[test]
fn an_old_name_that_was_erased_is_so_in_both_parts() {
    let erased = json!({ "$erased": "user-7" });
    assert_eq!(names_of(&erased), (erased.clone(), erased));
}

#[test]
fn an_old_user_without_any_name_is_readable() {
    let mut nameless = version_1(&Value::Null);
    nameless.as_object_mut().unwrap().remove("name");
    let upcast = split_name(nameless);
    assert_eq!(
        (&upcast["firstName"], &upcast["lastName"]),
        (&json!(""), &json!(""))
    );
}

proptest! {
    #[test]
    fn any_old_name_keeps_its_words_and_every_other_field_stays(name in any::<String>()) {
        let before = version_1(&json!(name));
        let after = split_name(before.clone());
        let (first, last) = (after["firstName"].as_str().unwrap(), after["lastName"].as_str().unwrap());
        prop_assert!(!first.contains(char::is_whitespace));
        let words: Vec<_> = first.split_whitespace().chain(last.split_whitespace()).collect();
        prop_assert_eq!(words, name.split_whitespace().collect::<Vec<_>>());
        prop_assert_eq!(after.get("name"), None);
        for field in ["userId", "email", "registeredAt"] {
            prop_assert_eq!(&after[field], &before[field]);
        }
    }

    #[test]
    fn any_old_registration_is_read_as_the_newest(name in any::<String>(), email in any::<String>()) {
        let mut payload = version_1(&json!(name));
        payload["email"] = json!(email);
        let schema = &UserEvent::SCHEMAS[0];
        let (version, payload) = annals::upcast(schema, 1, payload).unwrap();
        let payload = annals::payload::Payload::Value(payload);
        let read = UserEvent::decode(schema, version, payload).unwrap();
        let UserEvent::Registered { email: read, .. } = read else {
            return Err(TestCaseError::fail("it is another event"));
        };
        prop_assert_eq!(read.value(), Ok(&email));
    }
}
