//! Names: short texts that identify streams, event types, tags and people.

use crate::limits::NAME_BYTES;

/// A text that cannot be the name it was meant to be.
///
/// **Do:** fix the text; the same one is refused every time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {text:?} {fault}")]
pub struct InvalidName {
    /// What the text was meant to name, such as `stream id`.
    pub kind: &'static str,
    /// The text, cut after 64 characters.
    pub text: String,
    /// What is wrong with it.
    pub fault: NameFault,
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameFault {
    /// No characters at all.
    #[error("is empty")]
    Empty,
    /// More than [`NAME_BYTES`] bytes.
    #[error("is longer than {NAME_BYTES} bytes")]
    TooLong,
    /// A line break, NUL or another control character.
    #[error("holds a control character")]
    ControlCharacter,
    /// A stream id without `-`, or with nothing before or after the first one.
    #[error("is not <category>-<id>")]
    NotCategoryAndId,
    /// A category that holds `-`, which would end it early.
    #[error("holds '-', which ends a category")]
    DashInCategory,
}

/// Checks what every name has in common: not empty, not too long, no control characters.
pub(crate) fn check(kind: &'static str, text: &str) -> Result<(), InvalidName> {
    let fault = if text.is_empty() {
        NameFault::Empty
    } else if text.len() > NAME_BYTES {
        NameFault::TooLong
    } else if text.chars().any(char::is_control) {
        NameFault::ControlCharacter
    } else {
        return Ok(());
    };
    Err(invalid(kind, text, fault))
}

pub(crate) fn invalid(kind: &'static str, text: &str, fault: NameFault) -> InvalidName {
    let text = text.chars().take(64).collect();
    InvalidName { kind, text, fault }
}

/// Declares a name type: a checked, cheaply cloned text.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// [`InvalidName`](crate::InvalidName) when it is empty, longer than
            /// [`NAME_BYTES`](crate::limits::NAME_BYTES), or holds a control character.
            pub fn new(text: impl AsRef<str>) -> Result<Self, crate::InvalidName> {
                let text = text.as_ref();
                crate::name::check($kind, text)?;
                Ok(Self(text.into()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::InvalidName;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.as_str().to_owned()
            }
        }
    };
}
pub(crate) use name_type;
