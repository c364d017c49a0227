//! Payloads of enums: the fields of a variant as JSON, without the variant's name around them.
//!
//! serde writes an enum as `{"Deposited": {"amount": 5}}`. The name is stored apart, under a
//! stable event type, so a payload is only `{"amount": 5}`. `#[derive(Event)]` calls these two
//! functions; every serde attribute on fields keeps its meaning.

use serde::de::{self, DeserializeOwned, DeserializeSeed, EnumAccess, VariantAccess, Visitor};
use serde::{Serialize, de::IntoDeserializer};

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

/// Reads the fields of the variant that Rust calls `variant`.
///
/// # Errors
/// When the payload does not hold these fields.
pub fn from_json<E: DeserializeOwned>(variant: &'static str, payload: &[u8]) -> Result<E, Error> {
    let mut json = serde_json::Deserializer::from_slice(payload);
    let event = E::deserialize(NamedVariant {
        variant,
        json: &mut json,
    })?;
    json.end()?;
    Ok(event)
}

/// Presents a payload to serde as the one variant it is known to be.
struct NamedVariant<'a, D> {
    variant: &'static str,
    json: &'a mut D,
}

type Json<'de> = serde_json::Deserializer<serde_json::de::SliceRead<'de>>;

impl<'de> de::Deserializer<'de> for NamedVariant<'_, Json<'de>> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for NamedVariant<'_, Json<'de>> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self), Self::Error> {
        let name: de::value::StrDeserializer<'_, Self::Error> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for NamedVariant<'_, Json<'de>> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Self::Error> {
        de::Deserialize::deserialize(self.json).map(|_: de::IgnoredAny| ())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Self::Error> {
        seed.deserialize(self.json)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        de::Deserializer::deserialize_seq(self.json, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        de::Deserializer::deserialize_struct(self.json, "", fields, visitor)
    }
}
