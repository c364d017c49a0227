//! Ids: texts that are checked, of accounts, owners and users.

const LONGEST: usize = 100;

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {LONGEST} characters of A-Z a-z 0-9 _ . : -")]
pub struct InvalidId;

pub(crate) fn check(text: &str) -> Result<(), InvalidId> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    match text.len() {
        1..=LONGEST if text.bytes().all(allowed) => Ok(()),
        _ => Err(InvalidId),
    }
}

/// Declares an id: a checked text.
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize,
            serde::Deserialize, schemars::JsonSchema, utoipa::ToSchema,
        )]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, pattern = "^[A-Za-z0-9_.:-]{1,100}$", example = "acc-123")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ids::InvalidId;

            fn from_str(text: &str) -> Result<Self, $crate::ids::InvalidId> {
                $crate::ids::check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::ids::InvalidId;

            fn try_from(text: String) -> Result<Self, $crate::ids::InvalidId> {
                $crate::ids::check(&text)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl annals::ColumnValue for $name {
            const KIND: annals::ColumnKind = annals::ColumnKind::Text;

            fn to_value(&self) -> annals::Value {
                annals::Value::Text(self.0.clone())
            }

            fn from_value(value: annals::Value) -> Option<Self> {
                String::from_value(value)?.try_into().ok()
            }
        }
    };
}

pub(crate) use id_type;
