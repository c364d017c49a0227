//! Copies of personal values, as rows of read models have them, are opened by the keyring.

use std::sync::Arc;

use annals_core::payload::Payload;
use annals_core::{
    EncodeError, Event, EventId, EventSchema, Kept, Origin, Personal, PersonalFault, PersonalField,
    SideStoreError, SideValue, StreamId, Undisclosed, seal_event,
};
use annals_keys::{DiscloseError, Keyring, KeyringOptions};
use uuid::Uuid;

use crate::world::{Calls, World, person};

/// An event that tells the name of a person.
struct Named {
    who: String,
    kept: Kept,
    name: Personal<String>,
}

impl Event for Named {
    const SCHEMAS: &'static [EventSchema] = &[EventSchema::new("Named", "Named")];

    fn schema(&self) -> &'static EventSchema {
        &Self::SCHEMAS[0]
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        unreachable!("it is only sealed")
    }

    fn decode(_: &EventSchema, _: u32, _: Payload<'_>) -> Result<Self, serde_json::Error> {
        unreachable!("it is only sealed")
    }

    fn personal_fields(&mut self) -> Vec<PersonalField<'_>> {
        vec![PersonalField {
            name: "name",
            subject: self.who.clone(),
            kept: self.kept,
            value: &mut self.name,
        }]
    }
}

/// What a row holds of a name that was recorded.
async fn copy(keyring: &Keyring, who: &str, name: &str) -> Personal<String> {
    copy_of(Kept::InEvent, keyring, who, name).await
}

async fn copy_of(kept: Kept, keyring: &Keyring, who: &str, name: &str) -> Personal<String> {
    let keys = keyring.keys_for_writing(&[person(who)]).await.unwrap();
    let mut named = Named {
        who: who.to_owned(),
        kept,
        name: Personal::new(name.to_owned()),
    };
    let origin = Origin {
        stream: &StreamId::new("Person", who).unwrap(),
        event: EventId(Uuid::from_u128(1)),
    };
    let mut beside = Vec::new();
    seal_event(&mut named, &keys, &origin, &mut beside).unwrap();
    keyring.keep_beside(&beside).await.unwrap();
    let row = serde_json::to_string(&named.name).unwrap();
    assert!(!row.contains(name), "{row}");
    serde_json::from_str(&row).unwrap()
}

#[tokio::test]
async fn a_copy_is_opened_in_any_process() {
    let world = World::new();
    let mut name = copy(&world.keyring(), "ada", "Ada Lovelace").await;
    assert_eq!(name.value(), Err(Undisclosed::Sealed(person("ada"))));
    world.keyring().disclose(&mut name).await.unwrap();
    assert_eq!(name.value().unwrap(), "Ada Lovelace");
    world.keyring().disclose(&mut name).await.unwrap();
    assert_eq!(name.value().unwrap(), "Ada Lovelace");
}

#[tokio::test]
async fn many_copies_are_opened_with_one_look_and_the_forgotten_are_erased() {
    let world = World::new();
    let keyring = world.keyring();
    let mut names = Vec::new();
    for who in ["ada", "bob", "eve", "ada"] {
        names.push(copy(&keyring, who, &format!("{who}'s name")).await);
    }
    keyring.forget(&person("bob")).await.unwrap();

    let calls = Arc::<Calls>::default();
    let other = world.observed(&calls, KeyringOptions::default());
    other.disclose_all(&mut names).await.unwrap();
    // The store, the current root key, and one key for each of two.
    assert_eq!(calls.made_since(), 4);
    let erased = Err(Undisclosed::Erased(person("bob")));
    assert_eq!(names[0].value().unwrap(), "ada's name");
    assert_eq!(names[1].value(), erased);
    assert_eq!(names[2].value().unwrap(), "eve's name");
    assert_eq!(names[3].value().unwrap(), "ada's name");
}

#[tokio::test]
async fn a_copy_of_whose_key_there_never_was_stays_sealed() {
    let mut name = copy(&World::new().keyring(), "ada", "Ada Lovelace").await;
    World::new().keyring().disclose(&mut name).await.unwrap();
    assert_eq!(name.value(), Err(Undisclosed::Sealed(person("ada"))));
}

#[tokio::test]
async fn copies_are_opened_with_what_is_kept_beside_the_log() {
    let world = World::new();
    let keyring = world.keyring();
    let mut names = Vec::new();
    for (kept, who) in [
        (Kept::Beside, "ada"),
        (Kept::InEvent, "ada"),
        (Kept::Beside, "bob"),
    ] {
        names.push(copy_of(kept, &keyring, who, &format!("{who}'s name")).await);
    }
    keyring.forget(&person("bob")).await.unwrap();
    world.keyring().disclose_all(&mut names).await.unwrap();
    assert_eq!(names[0].value().unwrap(), "ada's name");
    assert_eq!(names[1].value().unwrap(), "ada's name");
    assert!(names[2].is_erased());
    assert_eq!(keyring.delete_beside(&person("bob")).await.unwrap(), 1);
}

#[tokio::test]
async fn a_value_of_the_living_that_is_gone_beside_the_log_is_told_as_missing() {
    let world = World::new();
    let mut name = copy_of(Kept::Beside, &world.keyring(), "ada", "Ada").await;
    world.keyring().delete_beside(&person("ada")).await.unwrap();
    let told = world.keyring().disclose(&mut name).await.unwrap_err();
    assert!(
        matches!(told, DiscloseError::Fault(PersonalFault::Missing)),
        "{told}"
    );
}

#[tokio::test]
async fn without_a_side_store_nothing_is_kept_beside_the_log() {
    let world = World::new();
    let value = SideValue::new(person("ada"), vec![1]);
    let alone = world.keyring_without_side_store();
    let refused = alone.keep_beside(&[value]).await.unwrap_err();
    assert!(matches!(refused, SideStoreError::NoStore), "{refused}");
    alone.keep_beside(&[]).await.unwrap();

    let mut name = copy_of(Kept::Beside, &world.keyring(), "ada", "Ada").await;
    alone.disclose(&mut name).await.unwrap();
    assert_eq!(name.value(), Err(Undisclosed::Sealed(person("ada"))));
}
