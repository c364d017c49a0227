//! JSON objects, read field by field so that every fault is found, and numbers as they are
//! written so that none passes through a float.

use std::fmt::Display;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::faults::Faults;

/// Deeper nesting than this is refused; no request needs as much.
const MAX_DEPTH: usize = 32;

/// A JSON object that is being read. What was not asked for by [`finish`](Self::finish) is
/// unknown.
#[derive(Debug, Default)]
pub struct Object {
    unread: Vec<(String, Box<RawValue>)>,
    faults: Faults,
}

/// A JSON value: the kind it is of, and what is in it.
#[derive(Debug)]
pub enum JsonValue {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<JsonValue>),
    /// An object.
    Object(Object),
}

/// A reader of text fields, from a function that parses text.
pub fn text<T, E: Display>(
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> impl FnOnce(JsonValue) -> Result<T, Faults> {
    |value| match value {
        JsonValue::Text(text) => parse(&text).map_err(|fault| Faults::whole(fault.to_string())),
        _ => Err(Faults::whole("must be a text")),
    }
}

impl JsonValue {
    /// Reads a whole text as JSON. An object in it is ready to be read.
    ///
    /// # Errors
    /// What is wrong with the text, when it is not JSON or nested too deeply.
    pub fn parse(json: &str) -> Result<Self, String> {
        // Before anything else is done with it: the cheap check bounds the others.
        if depth(json) > MAX_DEPTH {
            return Err(format!("it is nested more than {MAX_DEPTH} levels deep"));
        }
        let value: &RawValue = serde_json::from_str(json).map_err(|fault| fault.to_string())?;
        Self::of(value).map_err(|fault| fault.to_string())
    }

    fn of(value: &RawValue) -> Result<Self, serde_json::Error> {
        let json = value.get();
        Ok(match json.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'"') => Self::Text(serde_json::from_str(json)?),
            Some(b'[') => {
                let values: Vec<&RawValue> = serde_json::from_str(json)?;
                let values = values.into_iter().map(Self::of);
                Self::List(values.collect::<Result<_, _>>()?)
            }
            Some(b'{') => Self::Object(serde_json::from_str(json)?),
            _ => Self::Number(json.to_owned()),
        })
    }
}

impl Object {
    /// A field that must be there. `None`: it is not, or is not as it should be, and a fault was
    /// noted.
    pub fn required<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(JsonValue) -> Result<T, Faults>,
    ) -> Option<T> {
        match self.take(name) {
            Some(value) => self.read(name, &value, read),
            None => {
                self.faults.add(name, "is required");
                None
            }
        }
    }

    /// A field that may be missing or null. `None` also when a fault was noted, so that the
    /// whole is refused in the end.
    pub fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(JsonValue) -> Result<T, Faults>,
    ) -> Option<T> {
        let value = self.take(name)?;
        self.read(name, &value, read)
    }

    /// Ends reading.
    ///
    /// # Errors
    /// All faults found; a field that was never asked for is one.
    pub fn finish(mut self) -> Result<(), Faults> {
        for (name, _) in self.unread {
            self.faults.add(name, "is not known");
        }
        match self.faults.is_empty() {
            true => Ok(()),
            false => Err(self.faults),
        }
    }

    /// All fields that were not read, as they are: for an object that is kept and not looked into.
    ///
    /// # Errors
    /// All faults found; a field that is given twice is one, and so is a number that is out of range.
    pub fn into_map(mut self) -> Result<Map<String, Value>, Faults> {
        let mut map = Map::new();
        for (name, value) in std::mem::take(&mut self.unread) {
            match serde_json::from_str(value.get()) {
                Ok(value) if !map.contains_key(&name) => drop(map.insert(name, value)),
                Ok(_) => self.faults.add(name, "is given more than once"),
                Err(fault) => self.faults.add(name, format!("cannot be read: {fault}")),
            }
        }
        self.finish().map(|()| map)
    }

    fn read<T>(
        &mut self,
        name: &str,
        value: &RawValue,
        read: impl FnOnce(JsonValue) -> Result<T, Faults>,
    ) -> Option<T> {
        JsonValue::of(value)
            .map_err(|fault| Faults::whole(format!("cannot be read: {fault}")))
            .and_then(read)
            .map_err(|faults| self.faults.add_part(name, faults))
            .ok()
    }

    /// The value of a field; `None` if it is missing or null.
    fn take(&mut self, name: &str) -> Option<Box<RawValue>> {
        let mut named = self.unread.extract_if(.., |(field, _)| field == name);
        let (_, first) = named.next()?;
        if named.count() > 0 {
            self.faults.add(name, "is given more than once");
        }
        Some(first).filter(|value| value.get() != "null")
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Vec<(String, Box<RawValue>)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }

        let unread = deserializer.deserialize_map(Entries)?;
        let faults = Faults::default();
        Ok(Self { unread, faults })
    }
}

/// How deeply lists and objects are nested, as far as brackets tell.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests;
