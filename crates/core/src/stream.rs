//! Streams: one entity's history each.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::name::{self, InvalidName, NameFault};

const KIND: &str = "stream id";

/// Identity of one entity's history: `<category>-<id>`, split at the first `-`.
///
/// The id may hold `-` itself; the category may not.
///
/// ```
/// # use annals_core::StreamId;
/// let stream: StreamId = "BankAccount-acc-123".parse()?;
/// assert_eq!(stream.category(), "BankAccount");
/// assert_eq!(stream.id(), "acc-123");
/// # Ok::<(), annals_core::InvalidName>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamId(Arc<str>);

impl StreamId {
    /// The stream of the entity `id` in `category`.
    ///
    /// # Errors
    /// [`InvalidName`] when either part is empty, the category holds `-`, the whole is longer
    /// than [`NAME_BYTES`](crate::limits::NAME_BYTES), or a control character is in it.
    pub fn new(category: &str, id: &str) -> Result<Self, InvalidName> {
        if category.contains('-') {
            return Err(name::invalid(
                "category",
                category,
                NameFault::DashInCategory,
            ));
        }
        format!("{category}-{id}").parse()
    }

    /// What kind of entity this is: all before the first `-`.
    pub fn category(&self) -> &str {
        self.split().0
    }

    /// Which entity of its category this is: all after the first `-`.
    pub fn id(&self) -> &str {
        self.split().1
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn split(&self) -> (&str, &str) {
        self.0
            .split_once('-')
            .expect("a stream id was checked to hold '-' when it was made")
    }
}

impl std::str::FromStr for StreamId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        name::check(KIND, text)?;
        match text.split_once('-') {
            Some((category, id)) if !category.is_empty() && !id.is_empty() => Ok(Self(text.into())),
            _ => Err(name::invalid(KIND, text, NameFault::NotCategoryAndId)),
        }
    }
}

impl TryFrom<String> for StreamId {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<StreamId> for String {
    fn from(stream: StreamId) -> Self {
        stream.as_str().to_owned()
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamId({})", self.0)
    }
}
