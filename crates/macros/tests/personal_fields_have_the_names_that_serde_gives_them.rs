//! A personal field is sealed under the name it is stored with, so the derive must know every rule of
//! serde. Here serde tells what it calls the same fields.

use annals_core::{Event, Personal, SubjectId};
use annals_macros::Event;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Two event types in a module whose fields serde is told to write in a case: by the enum, and by the
/// variant over another case of the enum. Each field is personal.
macro_rules! cases {
    ($($case:ident = $text:tt;)+) => {
        $(cases!(@fields $case $text
            name first_name a a_b cD x_2 v2_name _leading trailing_ double__bar CamelCase URL
            r#type größe straße_nr
        );)+

        /// The names under which each type's fields are found, and those that serde writes.
        fn names() -> Vec<(Vec<&'static str>, Vec<String>)> {
            let events = [$($case::events()),+];
            events.into_iter().flatten().collect()
        }
    };
    (@fields $case:ident $text:tt $($field:ident)+) => {
        #[expect(non_snake_case, reason = "serde's rules take in names of any case")]
        mod $case {
            use super::*;

            #[derive(Event, Serialize, Deserialize)]
            #[serde(rename_all_fields = $text)]
            enum ByEnum {
                Named {
                    about: u8,
                    $(#[personal(subject = about)] $field: Personal<u8>,)+
                },
                #[serde(rename_all(serialize = $text, deserialize = "UPPERCASE"))]
                OtherwiseRead {
                    about: u8,
                    $(#[personal(subject = about)] $field: Personal<u8>,)+
                },
            }

            #[derive(Event, Serialize, Deserialize)]
            #[serde(rename_all_fields = "SCREAMING-KEBAB-CASE")]
            enum ByVariant {
                #[serde(rename_all = $text)]
                Named {
                    about: u8,
                    $(#[personal(subject = about)] $field: Personal<u8>,)+
                },
            }

            pub(super) fn events() -> [(Vec<&'static str>, Vec<String>); 3] {
                $(let $field = erased();)+
                let about = 1;
                [
                    compared(ByEnum::Named { about, $($field: $field.clone()),+ }),
                    compared(ByEnum::OtherwiseRead { about, $($field: $field.clone()),+ }),
                    compared(ByVariant::Named { about, $($field),+ }),
                ]
            }
        }
    };
}

cases! {
    lower = "lowercase";
    upper = "UPPERCASE";
    pascal = "PascalCase";
    camel = "camelCase";
    snake = "snake_case";
    screaming_snake = "SCREAMING_SNAKE_CASE";
    kebab = "kebab-case";
    screaming_kebab = "SCREAMING-KEBAB-CASE";
}

/// A personal value that can be written without a key.
fn erased() -> Personal<u8> {
    Personal::erased(SubjectId::new("1").expect("a valid subject"))
}

fn compared(mut event: impl Event) -> (Vec<&'static str>, Vec<String>) {
    let payload = event.encode().expect("it has a JSON form");
    let payload: Value = serde_json::from_slice(&payload).expect("it is JSON");
    let written = payload.as_object().expect("it has fields").iter();
    let written = written.filter(|(_, value)| value.is_object());
    let mut written: Vec<_> = written.map(|(name, _)| name.clone()).collect();
    let mut found: Vec<_> = event.personal_fields().iter().map(|it| it.name).collect();
    written.sort();
    found.sort_unstable();
    (found, written)
}

#[test]
fn a_personal_field_has_the_name_that_serde_gives_it() {
    let names = names();
    assert_eq!(names.len(), 24);
    for (found, written) in names {
        assert_eq!(found.len(), 15);
        assert_eq!(found, written);
    }
}
