//! Payloads of enums: the fields of a variant, without the variant's name around them.
//!
//! serde writes an enum as `{"Deposited": {"amount": 5}}`. The name is stored apart, under a
//! stable event type, so a payload is only `{"amount": 5}`. `#[derive(Event)]` calls these
//! functions; every serde attribute on fields keeps its meaning, in every [`Format`].

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;
use serde::de::{
    self, Deserialize as _, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess,
    IntoDeserializer, VariantAccess, Visitor,
};
use serde_json::Value;

use crate::event::{ContentType, RecordedEvent};
use crate::limits;
use crate::typed_event::{EncodeError, EventSchema};

/// What is wrong with a payload.
pub use serde_json::Error;

pub use format::Format;
pub(crate) use json_value::JsonValue;
use serializer::VariantFields;

mod compression;
mod format;
mod json_value;
mod messagepack;
mod serializer;
#[cfg(test)]
mod tests;

/// Writes the fields of an enum's variant as JSON.
///
/// # Errors
/// When the value is no enum, or a field has no JSON form.
pub fn to_json(event: &impl Serialize) -> Result<Vec<u8>, Error> {
    write(event, Format::Json)
}

/// Writes the fields of an enum's variant in a format.
///
/// # Errors
/// When the value is no enum, or a field has no form in it.
pub fn write(event: &impl Serialize, format: Format) -> Result<Vec<u8>, Error> {
    let mut payload = Vec::with_capacity(128);
    match format {
        Format::Json => {
            let mut writer = serde_json::Serializer::new(&mut payload);
            event.serialize(VariantFields(&mut writer))?;
        }
        Format::MessagePack => {
            let mut writer = messagepack::writer(&mut payload);
            let written = event.serialize(VariantFields(&mut writer));
            written.map_err(de::Error::custom)?;
        }
    }
    Ok(payload)
}

/// What of a payload is stored, and its content type: it is compressed where its schema asks for
/// that, if that makes it smaller.
pub(crate) fn stored(
    schema: &EventSchema,
    payload: Vec<u8>,
) -> Result<(ContentType, Bytes), EncodeError> {
    if !schema.is_compressed {
        return Ok((schema.format.content_type(), payload.into()));
    }
    if payload.len() > limits::INFLATED_BYTES {
        let bytes = payload.len();
        return Err(EncodeError::TooLarge { bytes });
    }
    Ok(match compression::compress(&payload) {
        Some(compressed) => (schema.format.compressed_content_type(), compressed.into()),
        None => (schema.format.content_type(), payload.into()),
    })
}

/// Why a payload could not be got at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// This code reads no such content.
    /// **Do:** deploy code that does, or take the bytes as they are.
    #[error("no content of type {0} is read here")]
    ContentType(ContentType),
    /// It is compressed, and more than [`limits::INFLATED_BYTES`].
    /// **Do:** look for who wrote it; no event of Annals is as large.
    #[error("inflated it holds more than {} bytes", limits::INFLATED_BYTES)]
    TooLarge,
    /// It is compressed, and does not inflate to what it tells.
    /// **Do:** look for who wrote it; the stored bytes are as they were appended.
    #[error("its compressed bytes are damaged")]
    Damaged,
}

/// The payload of an event that is to be read.
#[derive(Debug)]
pub enum Payload<'a> {
    /// JSON, as it is stored.
    Json(Cow<'a, [u8]>),
    /// MessagePack, as it is stored.
    MessagePack(Cow<'a, [u8]>),
    /// JSON values: what upcasting made.
    Value(Value),
}

impl<'a> Payload<'a> {
    /// That of a record, inflated if it is compressed.
    ///
    /// # Errors
    /// [`Unreadable`] when its content type is of no format that is read here, or what is compressed
    /// cannot be inflated.
    pub fn of(record: &'a RecordedEvent) -> Result<Self, Unreadable> {
        let unknown = || Unreadable::ContentType(record.content_type.clone());
        let told = format::told(&record.content_type).ok_or_else(unknown)?;
        let bytes = match told.is_compressed {
            true => compression::inflate(&record.data)?.into(),
            false => Cow::from(&*record.data),
        };
        Ok(match told.format {
            Format::Json => Self::Json(bytes),
            Format::MessagePack => Self::MessagePack(bytes),
        })
    }

    /// As JSON values.
    ///
    /// # Errors
    /// When it is not of its format.
    pub fn into_value(self) -> Result<Value, Error> {
        match self {
            Self::Json(json) => serde_json::from_slice(&json),
            Self::MessagePack(bytes) => {
                messagepack::read(&bytes, |value| Ok(JsonValue::deserialize(value)?.0))
            }
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
            let mut fields = serde_json::Deserializer::from_slice(&json);
            let event = E::deserialize(NamedVariant {
                variant,
                fields: &mut fields,
            })?;
            fields.end()?;
            Ok(event)
        }
        Payload::MessagePack(bytes) => messagepack::read(&bytes, |fields| {
            E::deserialize(NamedVariant { variant, fields })
        }),
        Payload::Value(fields) => E::deserialize(NamedVariant { variant, fields }),
    }
}

/// Reads a payload as a type that holds just its fields.
///
/// # Errors
/// When the payload does not hold these fields.
pub fn read_fields<T: DeserializeOwned>(payload: Payload<'_>) -> Result<T, Error> {
    match payload {
        Payload::Json(json) => serde_json::from_slice(&json),
        Payload::MessagePack(bytes) => messagepack::read(&bytes, |fields| T::deserialize(fields)),
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
