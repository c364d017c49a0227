//! Payloads of enums: the fields of a variant as JSON, without the variant's name around them.
//!
//! serde writes an enum as `{"Deposited": {"amount": 5}}`. The name is stored apart, under a
//! stable event type, so a payload is only `{"amount": 5}`. `#[derive(Event)]` calls these
//! functions; every serde attribute on fields keeps its meaning.

use serde::Serialize;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer,
    VariantAccess, Visitor,
};
use serde_json::Value;

use crate::event::RecordedEvent;

/// What is wrong with a payload.
pub use serde_json::Error;

mod serializer;

/// Writes the fields of an enum's variant.
///
/// # Errors
/// When the value is no enum, or a field has no JSON form.
pub fn to_json(event: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut payload = Vec::with_capacity(128);
    event.serialize(serializer::VariantFields {
        json: &mut serde_json::Serializer::new(&mut payload),
    })?;
    Ok(payload)
}

/// The payload of an event that is to be read.
#[derive(Debug)]
pub enum Payload<'a> {
    /// JSON, as it is stored.
    Json(&'a [u8]),
    /// JSON values: what upcasting made.
    Value(Value),
}

impl<'a> Payload<'a> {
    /// That of a record.
    pub fn of(record: &'a RecordedEvent) -> Self {
        Self::Json(&record.data)
    }

    /// As JSON values.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn into_value(self) -> Result<Value, Error> {
        match self {
            Self::Json(json) => serde_json::from_slice(json),
            Self::Value(value) => Ok(value),
        }
    }
}

/// Reads the fields of the variant that Rust calls `variant`.
///
/// # Errors
/// When the payload does not hold these fields.
pub fn read<E: DeserializeOwned>(variant: &'static str, payload: Payload<'_>) -> Result<E, Error> {
    match payload {
        Payload::Json(json) => {
            let mut fields = serde_json::Deserializer::from_slice(json);
            let event = E::deserialize(NamedVariant {
                variant,
                fields: &mut fields,
            })?;
            fields.end()?;
            Ok(event)
        }
        Payload::Value(fields) => E::deserialize(NamedVariant { variant, fields }),
    }
}

/// Reads a payload as a type that holds just its fields.
///
/// # Errors
/// When the payload does not hold these fields.
pub fn read_fields<T: DeserializeOwned>(payload: Payload<'_>) -> Result<T, Error> {
    match payload {
        Payload::Json(json) => serde_json::from_slice(json),
        Payload::Value(fields) => T::deserialize(fields),
    }
}

/// Presents the fields of a payload to serde as the one variant they are known to be.
struct NamedVariant<D> {
    variant: &'static str,
    fields: D,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for NamedVariant<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, D: Deserializer<'de>> EnumAccess<'de> for NamedVariant<D> {
    type Error = D::Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self), Self::Error> {
        let name: de::value::StrDeserializer<'_, Self::Error> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de, D: Deserializer<'de>> VariantAccess<'de> for NamedVariant<D> {
    type Error = D::Error;

    fn unit_variant(self) -> Result<(), Self::Error> {
        de::Deserialize::deserialize(self.fields).map(|_: de::IgnoredAny| ())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Self::Error> {
        seed.deserialize(self.fields)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.fields.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.fields.deserialize_struct("", fields, visitor)
    }
}
