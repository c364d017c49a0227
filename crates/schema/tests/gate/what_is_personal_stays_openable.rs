//! Samples of personal data are sealed like the real thing, so they prove that it stays openable.

use annals_core::Personal;
use serde_json::{Value, json};

use crate::events::Schemas;

mod first {
    use annals_core::Personal;

    crate::events::events! {
        Registered { user: String, #[personal(subject = user)] name: Personal<String> }
    }
}

/// Version 2, in which the field is called otherwise, by a step.
macro_rules! second {
    ($step:path) => {
        use annals_core::Personal;

        crate::events::events! {
            #[event(version = 2, upcast(1 => $step))]
            Registered { user: String, #[personal(subject = user)] full_name: Personal<String> }
        }
    };
}

mod renaming {
    second!(super::rename);
}

mod shouting {
    second!(super::shout);
}

fn first_sample() -> [first::Events; 1] {
    let (user, name) = ("user-7".to_owned(), Personal::new("Ada".to_owned()));
    [first::Events::Registered { user, name }]
}

fn renaming_sample() -> [renaming::Events; 1] {
    let (user, full_name) = ("user-7".to_owned(), Personal::new("Ada".to_owned()));
    [renaming::Events::Registered { user, full_name }]
}

fn shouting_sample() -> [shouting::Events; 1] {
    let (user, full_name) = ("user-7".to_owned(), Personal::new("Ada".to_owned()));
    [shouting::Events::Registered { user, full_name }]
}

fn rename(payload: Value) -> Value {
    json!({ "user": payload["user"], "full_name": payload["name"] })
}

fn shout(payload: Value) -> Value {
    let name = match payload["name"].as_str() {
        Some(name) => json!(name.to_uppercase()),
        None => payload["name"].clone(),
    };
    json!({ "user": payload["user"], "full_name": name })
}

#[test]
fn samples_are_sealed_and_the_same_each_time() {
    let schemas = Schemas::of(first_sample());
    let sample = schemas.read("Registered/v1.sample.json");
    assert!(sample.contains("\"$sealed\": \"user-7~"), "{sample}");
    assert!(!sample.contains("Ada"));
    assert_eq!(schemas.accept(first_sample()).unwrap(), [""; 0]);
    assert_eq!(schemas.passed(first_sample()), "");
    assert!(schemas.read("catalogue.md").contains("- personal: `name`"));
}

#[test]
fn an_older_version_is_opened_and_upcast() {
    let schemas = Schemas::of(first_sample());
    schemas.accept(renaming_sample()).unwrap();
    assert_eq!(schemas.passed(renaming_sample()), "");
    let refusal = schemas.refused(shouting_sample());
    assert!(
        refusal.contains("  full_name.$sealed: reads otherwise"),
        "{refusal}"
    );
}

/// Reads what it was told and nothing else: one that was erased it loses.
mod losing {
    second!(super::lose);
}

fn lose(payload: Value) -> Value {
    let name = payload["name"].as_str().map(str::to_owned);
    json!({ "user": payload["user"], "full_name": name })
}

#[test]
fn a_step_that_does_not_pass_on_what_was_erased_is_refused() {
    let schemas = Schemas::of(first_sample());
    let (user, full_name) = ("user-7".to_owned(), Personal::new("Ada".to_owned()));
    let refusal = schemas.refused([losing::Events::Registered { user, full_name }]);
    let told = "Registered/v1.sample.json is not read any more: once its persons are forgotten: ";
    assert!(refusal.contains(told), "{refusal}");
}

/// Passes on what was erased, and not what is sealed.
mod half {
    second!(super::pass_erased);
}

fn pass_erased(payload: Value) -> Value {
    let name = &payload["name"];
    let name = (name.is_string() || !name["$erased"].is_null()).then(|| name.clone());
    json!({ "user": payload["user"], "full_name": name })
}

#[test]
fn a_step_that_does_not_pass_on_what_is_sealed_is_refused() {
    let schemas = Schemas::of(first_sample());
    let (user, full_name) = ("user-7".to_owned(), Personal::new("Ada".to_owned()));
    let refusal = schemas.refused([half::Events::Registered { user, full_name }]);
    let told = "Registered/v1.sample.json is not read any more: without keys: ";
    assert!(refusal.contains(told), "{refusal}");
}

mod typed {
    use annals_core::Personal;

    #[derive(serde::Deserialize)]
    pub(crate) struct RegisteredV1 {
        user: String,
        name: String,
    }

    crate::events::events! {
        #[event(version = 2, upcast(1 => as RegisteredV1))]
        Registered { user: String, #[personal(subject = user)] full_name: Personal<String> }
    }

    impl From<RegisteredV1> for Events {
        fn from(RegisteredV1 { user, name }: RegisteredV1) -> Self {
            let full_name = Personal::new(name);
            Self::Registered { user, full_name }
        }
    }
}

#[test]
fn a_typed_step_that_takes_open_names_alone_is_refused() {
    let schemas = Schemas::of(first_sample());
    let (user, full_name) = ("user-7".to_owned(), Personal::new("Ada".to_owned()));
    let refusal = schemas.refused([typed::Events::Registered { user, full_name }]);
    let told = "Registered/v1.sample.json is not read any more: once its persons are forgotten: ";
    assert!(refusal.contains(told), "{refusal}");
}

#[test]
fn a_sealed_value_that_does_not_open_any_more_is_refused() {
    let schemas = Schemas::of(first_sample());
    let sample = schemas.read("Registered/v1.sample.json");
    let mut json: Value = serde_json::from_str(&sample).unwrap();
    let sealed = json["payload"]["name"]["$sealed"].as_str().unwrap();
    json["payload"]["name"]["$sealed"] = format!("{}AAAA", &sealed[..sealed.len() - 4]).into();
    schemas.write("Registered/v1.sample.json", &json.to_string());
    let refusal = schemas.refused(first_sample());
    let told = "Registered/v1.sample.json is not read any more: field name: its bytes were changed";
    assert!(refusal.contains(told), "{refusal}");
}

mod plain {
    crate::events::events! { Registered { user: String, name: String } }
}

fn plain_sample() -> [plain::Events; 1] {
    let (user, name) = ("user-7".to_owned(), "Ada".to_owned());
    [plain::Events::Registered { user, name }]
}

#[test]
fn a_field_that_is_not_personal_any_more_is_refused() {
    let refusal = Schemas::of(first_sample()).refused(plain_sample());
    let told = "  name: narrowed\n    - personal string\n    + string\n";
    assert!(refusal.contains(told), "{refusal}");
}

mod anything {
    crate::events::events! { Registered { user: String, name: serde_json::Value } }
}

mod all_of_it {
    crate::events::events! { Registered(serde_json::Value) }
}

#[test]
fn a_field_that_takes_anything_is_not_personal_any_more() {
    let (user, name) = ("user-7".to_owned(), json!("Ada"));
    let refusal =
        Schemas::of(first_sample()).refused([anything::Events::Registered { user, name }]);
    let told = "  name: narrowed\n    - personal string\n";
    assert!(refusal.contains(told), "{refusal}");
    let whole = json!({ "user": "user-7", "name": "Ada" });
    let refusal = Schemas::of(first_sample()).refused([all_of_it::Events::Registered(whole)]);
    assert!(
        refusal.contains("Registered version 1 changed"),
        "{refusal}"
    );
}

#[test]
fn a_field_that_becomes_personal_still_takes_what_was_stored_as_it_was() {
    let schemas = Schemas::of(plain_sample());
    let refusal = schemas.refused(first_sample());
    assert!(!refusal.contains("narrowed"), "{refusal}");
    assert!(
        refusal.contains("  name: reads otherwise\n    - \"Ada\"\n"),
        "{refusal}"
    );
    schemas.accept(first_sample()).unwrap();
    assert_eq!(schemas.passed(first_sample()), "");
}

mod beside {
    use annals_core::Personal;

    crate::events::events! {
        Registered { user: String, #[personal(subject = user, beside)] name: Personal<String> }
    }
}

#[test]
fn where_a_value_is_kept_makes_no_difference() {
    let (user, name) = ("user-7".to_owned(), Personal::new("Ada".to_owned()));
    let beside = [beside::Events::Registered { user, name }];
    let schemas = Schemas::of(first_sample());
    assert_eq!(schemas.accept(beside).unwrap(), [""; 0]);
}
