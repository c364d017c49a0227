//! One difference between what is recorded and what the code says, as a person reads it.

use std::fmt;

use serde_json::Value;

/// Where something differs, how, and what it was and is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where inside the event: `lines[].price`; empty: the event itself.
    pub path: String,
    /// How.
    pub change: Change,
    /// What it was, in short; empty: nothing.
    pub before: String,
    /// What it is, in short; empty: nothing.
    pub after: String,
}

/// How something differs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A field is gone.
    Removed,
    /// A field is gone, and one that takes what it held is new.
    Renamed {
        /// The new one.
        to: String,
    },
    /// There is a new field that recorded events do not have.
    RequiredAdded,
    /// A field may not be left out any more.
    NowRequired,
    /// A variant is gone.
    VariantRemoved,
    /// Less is taken than before.
    Narrowed,
    /// What a field that is left out counts as.
    DefaultChanged,
    /// A keyword of JSON Schema that is not understood here differs.
    CannotTell,
    /// A value of a sample.
    Value,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed => f.write_str("field removed"),
            Self::Renamed { to } => write!(f, "field removed; looks like it was renamed to {to}"),
            Self::RequiredAdded => f.write_str("required field added"),
            Self::NowRequired => f.write_str("optional field became required"),
            Self::VariantRemoved => f.write_str("variant removed"),
            Self::Narrowed => f.write_str("narrowed"),
            Self::DefaultChanged => f.write_str("default changed"),
            Self::CannotTell => f.write_str("cannot tell whether recorded events fit"),
            Self::Value => f.write_str("reads otherwise"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self.path.as_str() {
            "" => "the event itself",
            path => path,
        };
        write!(f, "  {path}: {}", self.change)?;
        for (mark, text) in [('-', &self.before), ('+', &self.after)] {
            if !text.is_empty() {
                write!(f, "\n    {mark} {text}")?;
            }
        }
        Ok(())
    }
}

/// Where two values differ.
pub(crate) fn of_values(path: &str, before: &Value, after: &Value) -> Vec<Difference> {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|name| !old.contains_key(*name));
            let names = old.keys().chain(added);
            let fields = names.map(|name| (field(path, name), old.get(name), new.get(name)));
            fields
                .flat_map(|(path, old, new)| of_options(path, old, new))
                .collect()
        }
        (Value::Array(old), Value::Array(new)) => (0..old.len().max(new.len()))
            .flat_map(|index| {
                of_options(format!("{path}[{index}]"), old.get(index), new.get(index))
            })
            .collect(),
        _ => of_options(path.to_owned(), Some(before), Some(after)),
    }
}

fn of_options(path: String, before: Option<&Value>, after: Option<&Value>) -> Vec<Difference> {
    let text = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
    match (before, after) {
        (Some(old), Some(new)) if old == new => Vec::new(),
        (Some(old @ (Value::Object(_) | Value::Array(_))), Some(new))
            if std::mem::discriminant(old) == std::mem::discriminant(new) =>
        {
            of_values(&path, old, new)
        }
        _ => vec![Difference {
            path,
            change: Change::Value,
            before: text(before),
            after: text(after),
        }],
    }
}

/// The path of a field.
pub(crate) fn field(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}
