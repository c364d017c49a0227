//! Reading a personal value from a document, in one pass: nearly always it is sealed.

use std::fmt;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::stored::{self, BESIDE, ERASED, OPEN, SEALED};
use super::{Sealed, SideId, State, SubjectId, Written};
use crate::payload::JsonValue;

/// Reads what a document holds in the place of a personal value.
pub(super) fn state<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<State<T>, D::Error> {
    match deserializer.deserialize_any(StoredVisitor)? {
        Stored::Written(written) => Ok(State::Closed(written)),
        Stored::Erased(subject) => Ok(State::Erased(subject)),
        Stored::Open(written, value) => {
            let value = shaped(value)?;
            Ok(State::Open { value, written })
        }
        Stored::Plain(value) => shaped(value).map(State::Plain),
    }
}

fn shaped<T: DeserializeOwned, E: de::Error>(value: Value) -> Result<T, E> {
    let value = T::deserialize(value);
    // What serde says would quote the value.
    value.map_err(|_| E::custom("a personal value is of another shape"))
}

enum Stored {
    Written(Written),
    Erased(SubjectId),
    /// In memory only: see [`disclose_copies`](super::disclose_copies).
    Open(Written, Value),
    /// From before it was personal.
    Plain(Value),
}

struct StoredVisitor;

macro_rules! plain {
    ($($method:ident($type:ty))*) => {$(
        fn $method<E>(self, value: $type) -> Result<Stored, E> {
            Ok(Stored::Plain(value.into()))
        }
    )*};
}

impl<'de> Visitor<'de> for StoredVisitor {
    type Value = Stored;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a personal value")
    }

    plain! {
        visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str)
        visit_string(String) visit_bytes(&[u8])
    }

    fn visit_unit<E>(self) -> Result<Stored, E> {
        Ok(Stored::Plain(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Stored, A::Error> {
        let values = JsonValue::deserialize(SeqAccessDeserializer::new(values))?;
        Ok(Stored::Plain(values.0))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Stored, A::Error> {
        let stored = match fields.next_key()? {
            None => return Ok(Stored::Plain(Map::new().into())),
            Some(Name::Plain(name)) => return plain_fields(name, fields),
            Some(Name::Sealed) => Stored::Written(Written::Sealed(fields.next_value()?)),
            Some(Name::Beside) => Stored::Written(Written::Beside(fields.next_value()?)),
            Some(Name::Erased) => Stored::Erased(fields.next_value()?),
            Some(Name::Open) => {
                let (written, value): (JsonValue, JsonValue) = fields.next_value()?;
                let written = stored::written_in(&written.0).ok().flatten();
                Stored::Open(written.ok_or_else(malformed)?, value.0)
            }
        };
        match fields.next_key::<IgnoredAny>()? {
            None => Ok(stored),
            Some(_) => Err(de::Error::custom("a sealed value has another field")),
        }
    }
}

fn plain_fields<'de, A: MapAccess<'de>>(first: String, mut fields: A) -> Result<Stored, A::Error> {
    let JsonValue(value) = fields.next_value()?;
    let mut object = Map::from_iter([(first, value)]);
    while let Some((name, JsonValue(value))) = fields.next_entry()? {
        object.insert(name, value);
    }
    Ok(Stored::Plain(object.into()))
}

/// The name of a field, told apart without a copy.
enum Name {
    Sealed,
    Beside,
    Erased,
    Open,
    Plain(String),
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(match name {
            SEALED => Name::Sealed,
            BESIDE => Name::Beside,
            ERASED => Name::Erased,
            name if name == OPEN.as_str() => Name::Open,
            name => Name::Plain(name.to_owned()),
        })
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(Self::parse))
    }
}

impl<'de> Deserialize<'de> for SideId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(Self::parse))
    }
}

/// Reads a text without a copy of it.
struct TextVisitor<T>(fn(&str) -> Option<T>);

impl<T> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sealed value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        let read = (self.0)(text);
        read.ok_or_else(malformed)
    }
}

fn malformed<E: de::Error>() -> E {
    E::custom("a sealed value is malformed")
}
