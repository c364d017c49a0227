//! What is asked of the catalogue.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::ids::CategoryId;

/// Most characters of what is searched for.
const LONGEST_SEARCH: usize = 200;

/// Which products are asked for: those that fit all of it, by name.
#[derive(Debug, Clone, Default)]
pub struct ProductSelection {
    /// Of this category.
    pub category_id: Option<CategoryId>,
    /// With all these words in name or description.
    pub words: Option<SearchWords>,
    /// With this attribute `brand`.
    pub brand: Option<String>,
    /// That are on the shelf.
    pub in_stock: bool,
    /// Behind this place.
    pub after: Option<AfterName>,
    /// At most so many.
    pub limit: u32,
}

/// A place in a list that is sorted by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterName {
    /// The name, as the list is sorted by it: in lower case.
    #[serde(deserialize_with = "without_nul")]
    pub name: String,
    /// Among those of one name, the id.
    #[serde(deserialize_with = "without_nul")]
    pub id: String,
}

/// Places come back from clients, and PostgreSQL takes no text with U+0000.
fn without_nul<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.contains('\0') {
        true => Err(D::Error::custom("must not hold the character U+0000")),
        false => Ok(text),
    }
}

/// Words that are searched for: runs of letters and digits. All else separates them, so that no text
/// means anything else to a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchWords(Vec<String>);

impl SearchWords {
    /// The words of a text, if there are any. A text without one finds nothing.
    ///
    /// # Errors
    /// What is wrong with it: it is too long.
    pub fn of(text: &str) -> Result<Self, String> {
        if text.chars().count() > LONGEST_SEARCH {
            return Err(format!("must be at most {LONGEST_SEARCH} characters"));
        }
        let words = text.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| !word.is_empty());
        Ok(Self(words.map(str::to_owned).collect()))
    }

    /// The words.
    pub(super) fn as_slice(&self) -> &[String] {
        &self.0
    }
}
