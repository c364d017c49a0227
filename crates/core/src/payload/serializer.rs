//! A serializer that takes only enums and writes only the fields of their variants.

use serde::ser::{self, Impossible, Serialize, SerializeStruct};
use serde_json::Error;
use serde_json::ser::{CompactFormatter, Compound};

type Json<'a> = serde_json::Serializer<&'a mut Vec<u8>>;

/// Writes the fields of a variant to JSON.
pub(super) struct VariantFields<'j, 'a> {
    pub(super) json: &'j mut Json<'a>,
}

/// Named fields, as they are written.
pub(super) struct NamedFields<'j, 'a>(Compound<'j, &'a mut Vec<u8>, CompactFormatter>);

fn refused<T>() -> Result<T, Error> {
    Err(ser::Error::custom(
        "an event is an enum whose variants have no fields, named fields, or hold one struct",
    ))
}

/// Refuses the kinds of value that are no variant.
macro_rules! refuse {
    ($($method:ident($type:ty))*) => {$(
        fn $method(self, _: $type) -> Result<(), Error> { refused() }
    )*};
}

impl<'j, 'a> ser::Serializer for VariantFields<'j, 'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = NamedFields<'j, 'a>;

    fn serialize_unit_variant(
        self,
        name: &'static str,
        _index: u32,
        _variant: &'static str,
    ) -> Result<(), Error> {
        self.json.serialize_struct(name, 0)?.end()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self.json)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _index: u32,
        _variant: &'static str,
        len: usize,
    ) -> Result<NamedFields<'j, 'a>, Error> {
        self.json.serialize_struct(name, len).map(NamedFields)
    }

    refuse! {
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32)
        serialize_i64(i64) serialize_u8(u8) serialize_u16(u16) serialize_u32(u32)
        serialize_u64(u64) serialize_f32(f32) serialize_f64(f64) serialize_char(char)
        serialize_str(&str) serialize_bytes(&[u8]) serialize_unit_struct(&'static str)
    }

    fn serialize_none(self) -> Result<(), Error> {
        refused()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Error> {
        refused()
    }

    fn serialize_unit(self) -> Result<(), Error> {
        refused()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        refused()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        refused()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        refused()
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        refused()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        refused()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        refused()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Error> {
        refused()
    }
}

impl ser::SerializeStructVariant for NamedFields<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        SerializeStruct::serialize_field(&mut self.0, key, value)
    }

    fn end(self) -> Result<(), Error> {
        SerializeStruct::end(self.0)
    }
}
