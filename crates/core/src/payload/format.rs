//! Formats of payloads, and the media types that tell them.

use crate::event::ContentType;

/// How the fields of an event are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Format {
    /// JSON, which every tool reads: `application/json`.
    #[default]
    Json,
    /// MessagePack: maps with the names of fields, smaller where there are numbers and bytes;
    /// `application/msgpack`.
    MessagePack,
}

/// What a content type tells of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) format: Format,
    pub(super) is_compressed: bool,
}

const COMPRESSED: &str = "+gzip";

impl Format {
    /// The media type of what is written in this format.
    pub fn content_type(self) -> ContentType {
        match self {
            Self::Json => ContentType::json(),
            Self::MessagePack => ContentType::messagepack(),
        }
    }

    pub(super) fn compressed_content_type(self) -> ContentType {
        let name = format!("{}{COMPRESSED}", self.content_type());
        ContentType::new(name).expect("it is short")
    }
}

/// What a content type tells; nothing if this code reads none such.
pub(super) fn told(content_type: &ContentType) -> Option<Told> {
    let media_type = content_type.as_str();
    // Parameters, such as a charset, change nothing: both formats have but one.
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let uncompressed = without_suffix(media_type, COMPRESSED);
    Some(Told {
        format: format(uncompressed.unwrap_or(media_type))?,
        is_compressed: uncompressed.is_some(),
    })
}

fn format(media_type: &str) -> Option<Format> {
    let is = |names: &[&str], suffix| {
        let mut names = names.iter();
        names.any(|name| media_type.eq_ignore_ascii_case(name))
            || without_suffix(media_type, suffix).is_some()
    };
    if is(&["application/json", "text/json"], "+json") {
        return Some(Format::Json);
    }
    let messagepack = [
        "application/msgpack",
        "application/vnd.msgpack",
        "application/x-msgpack",
    ];
    is(&messagepack, "+msgpack").then_some(Format::MessagePack)
}

fn without_suffix<'a>(media_type: &'a str, suffix: &str) -> Option<&'a str> {
    let (name, end) = media_type.split_at_checked(media_type.len().checked_sub(suffix.len())?)?;
    end.eq_ignore_ascii_case(suffix).then_some(name)
}
