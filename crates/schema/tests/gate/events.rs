//! Events of a service before and after a change, and the folder between them.

use annals_core::Event;
use annals_schema::{Catalogue, Checked, SchemaError};
use schemars::JsonSchema;
use tempfile::TempDir;

/// Declares an enum `Events`. What is in brackets in front is said of the enum itself.
macro_rules! events {
    ([$($on_enum:tt)*] $($variants:tt)*) => {
        #[derive(
            annals_macros::Event, serde::Serialize, serde::Deserialize, schemars::JsonSchema, Clone
        )]
        #[event($($on_enum)*)]
        pub(crate) enum Events { $($variants)* }
    };
    ($($variants:tt)*) => {
        #[derive(
            annals_macros::Event, serde::Serialize, serde::Deserialize, schemars::JsonSchema, Clone
        )]
        pub(crate) enum Events { $($variants)* }
    };
}

/// Declares a type beside them, as it is stored.
macro_rules! part {
    ($item:item) => {
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, Clone)]
        $item
    };
}

/// Implements `Event` by hand for an enum of one variant, where the derive has no word for it.
macro_rules! by_hand {
    ($event:ty: $schema:expr) => {
        impl annals_core::Event for $event {
            const SCHEMAS: &'static [annals_core::EventSchema] = &[$schema];

            fn schema(&self) -> &'static annals_core::EventSchema {
                &Self::SCHEMAS[0]
            }

            fn encode(&self) -> Result<Vec<u8>, annals_core::EncodeError> {
                let format = self.schema().format;
                Ok(annals_core::payload::write(self, format)?)
            }

            fn decode(
                schema: &annals_core::EventSchema,
                _version: u32,
                payload: annals_core::payload::Payload<'_>,
            ) -> Result<Self, annals_core::payload::Error> {
                annals_core::payload::read(schema.variant, payload)
            }
        }
    };
}

pub(crate) use {by_hand, events, part};

/// The schemas of a service, in a folder that is thrown away.
pub(crate) struct Schemas(TempDir);

impl Schemas {
    /// Accepted for these events.
    pub(crate) fn of<E: Event + JsonSchema>(samples: impl IntoIterator<Item = E>) -> Self {
        let schemas = Self::none();
        schemas.accept(samples).unwrap();
        schemas
    }

    pub(crate) fn none() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// The files that were written.
    pub(crate) fn accept<E: Event + JsonSchema>(
        &self,
        samples: impl IntoIterator<Item = E>,
    ) -> Result<Vec<String>, SchemaError> {
        let accepted = catalogue(samples).accept(&self.0)?;
        Ok(accepted.written)
    }

    pub(crate) fn check<E: Event + JsonSchema>(
        &self,
        samples: impl IntoIterator<Item = E>,
    ) -> Result<Checked, SchemaError> {
        catalogue(samples).check(&self.0)
    }

    /// What the check passes over, one notice a line.
    pub(crate) fn passed<E: Event + JsonSchema>(
        &self,
        samples: impl IntoIterator<Item = E>,
    ) -> String {
        let checked = self
            .check(samples)
            .unwrap_or_else(|error| panic!("{error}"));
        let notices = checked.notices.iter().map(ToString::to_string);
        notices.collect::<Vec<_>>().join("\n")
    }

    /// What the check says, which refuses.
    #[track_caller]
    pub(crate) fn refused<E: Event + JsonSchema>(
        &self,
        samples: impl IntoIterator<Item = E>,
    ) -> String {
        self.check(samples).unwrap_err().to_string()
    }

    pub(crate) fn check_page(&self, catalogue: &Catalogue) -> Result<(), SchemaError> {
        catalogue.check_page(&self.0)
    }

    pub(crate) fn accept_all(&self, catalogue: &Catalogue) {
        catalogue
            .accept(&self.0)
            .unwrap_or_else(|error| panic!("{error}"));
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.path().join(file)).unwrap()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Changes a file by hand.
    pub(crate) fn edit(&self, file: &str, (from, to): (&str, &str)) {
        let text = self.read(file);
        assert!(text.contains(from), "{text}");
        self.write(file, &text.replace(from, to));
    }

    pub(crate) fn remove(&self, file: &str) {
        std::fs::remove_file(self.0.path().join(file)).unwrap();
    }
}

fn catalogue<E: Event + JsonSchema>(samples: impl IntoIterator<Item = E>) -> Catalogue {
    Catalogue::new("bank").events(samples)
}

/// Checks new events against what was accepted for old ones, and expects each of these texts in what
/// the refusal says.
#[track_caller]
pub(crate) fn refuses<Old: Event + JsonSchema, New: Event + JsonSchema>(
    old: Old,
    new: New,
    told: &[&str],
) {
    let refusal = Schemas::of([old]).refused([new]);
    for text in told {
        assert!(refusal.contains(text), "{text:?} is not in:\n{refusal}");
    }
}

/// Checks new events against what was accepted for old ones, and expects these notices; then the new
/// ones are accepted, and nothing is left to be said.
#[track_caller]
pub(crate) fn passes<Old: Event + JsonSchema, New: Event + JsonSchema + Clone>(
    old: Old,
    new: &[New],
    notices: &str,
) {
    let schemas = Schemas::of([old]);
    assert_eq!(schemas.passed(new.to_vec()), notices);
    schemas
        .accept(new.to_vec())
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(schemas.passed(new.to_vec()), "");
    assert!(schemas.accept(new.to_vec()).unwrap().is_empty());
}
