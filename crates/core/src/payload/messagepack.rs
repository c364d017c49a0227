//! MessagePack, as payloads hold it: maps with names, and texts where JSON has texts, so that both
//! formats have one shape.

use std::io::Cursor;

use rmp_serde::config::{DefaultConfig, HumanReadableConfig, StructMapConfig};
use rmp_serde::decode::ReadReader;
use serde::de::Error as _;

use super::Error;

pub(super) type Writer<'a> =
    rmp_serde::Serializer<&'a mut Vec<u8>, HumanReadableConfig<StructMapConfig<DefaultConfig>>>;
pub(super) type Reader<'a> =
    rmp_serde::Deserializer<ReadReader<Cursor<&'a [u8]>>, HumanReadableConfig<DefaultConfig>>;

/// As deep as JSON may be nested.
const DEPTH: usize = 128;

/// A serializer that writes behind what is there.
pub(super) fn writer(payload: &mut Vec<u8>) -> Writer<'_> {
    rmp_serde::Serializer::new(payload)
        .with_struct_map()
        .with_human_readable()
}

/// Reads all of a payload.
pub(super) fn read<T>(
    payload: &[u8],
    value: impl FnOnce(&mut Reader<'_>) -> Result<T, rmp_serde::decode::Error>,
) -> Result<T, Error> {
    let mut reader = rmp_serde::Deserializer::new(Cursor::new(payload)).with_human_readable();
    reader.set_max_depth(DEPTH);
    let value = value(&mut reader).map_err(Error::custom)?;
    match usize::try_from(reader.get_ref().position()) {
        Ok(end) if end == payload.len() => Ok(value),
        _ => Err(Error::custom("it goes on behind its value")),
    }
}
