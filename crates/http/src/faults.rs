//! Faults of a request: every bad field, by name.

use serde::Serialize;
use utoipa::ToSchema;

/// One bad field of a request, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// Which field, such as `amount.currency`; empty for the value as a whole.
    pub field: String,
    /// What is wrong with it, to be read after the field's name: `must be greater than zero`.
    pub message: String,
}

/// All that is wrong with a value that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// One fault, of the value as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        let mut faults = Self::default();
        faults.add("", message);
        faults
    }

    /// Adds a fault of one field.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault {
            field: field.into(),
            message: message.into(),
        });
    }

    /// Adds what is wrong with the part of the value that is called `name`.
    pub fn add_part(&mut self, name: &str, faults: Self) {
        for fault in faults.0 {
            let field = match fault.field.as_str() {
                "" => name.to_owned(),
                inner => format!("{name}.{inner}"),
            };
            self.add(field, fault.message);
        }
    }

    /// Adds faults of the same value.
    pub fn append(&mut self, faults: Self) {
        self.0.extend(faults.0);
    }

    /// True if nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults, in the order they were found.
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }
}
