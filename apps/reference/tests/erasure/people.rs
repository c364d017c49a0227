//! Persons whose names and addresses are found wherever they are.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// In all that anybody tells, and in nothing else.
pub(crate) const MARK: &str = "Vq7xZw2KpJ9h";

/// A person, by number. Every other one is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person(pub(crate) usize);

pub(crate) fn everybody(number: usize) -> impl Iterator<Item = Person> {
    (0..number).map(Person)
}

impl Person {
    pub(crate) fn is_forgotten(self) -> bool {
        self.0.is_multiple_of(2)
    }

    pub(crate) fn id(self) -> String {
        format!("u-{}", self.0)
    }

    pub(crate) fn path(self) -> String {
        format!("/users/{}", self.id())
    }

    /// Nobody else tells the same.
    pub(crate) fn says(self, what: &str) -> String {
        let digest = Sha256::digest(format!("{what} of {}", self.0));
        format!(
            "{MARK}{:02x}{:02x}{:02x}{:02x}",
            digest[0], digest[1], digest[2], digest[3]
        )
    }

    pub(crate) fn email(self, which: usize) -> String {
        let name = self.says(&format!("address {which}"));
        format!("{name}@example.org")
    }

    pub(crate) fn entry(self) -> Value {
        json!({
            "userId": self.id(),
            "email": self.email(0),
            "firstName": self.says("first name"),
            "lastName": self.says("last name"),
        })
    }
}
