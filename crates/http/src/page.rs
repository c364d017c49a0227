//! Pages of a collection, by opaque cursor.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fields::{Fields, FromFields};

const MAX_LIMIT: u32 = 100;
const DEFAULT_LIMIT: u32 = 50;
const CURSOR_FORMAT: u32 = 1;

/// One page of a collection.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Where the next one begins.
    pub pagination: Pagination,
}

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// What to send as `cursor` to get the next page.
    pub next_cursor: Option<String>,
    /// True if there is a next page now.
    pub has_more: bool,
}

/// What a collection is keyed by: the place of a row in it.
pub trait Cursor: Serialize + DeserializeOwned {
    /// The collection; a cursor of another one is refused.
    const COLLECTION: &'static str;
}

/// Which page is asked for: `limit`, 1 to 100 and 50 when it is not given, and `cursor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest<C> {
    /// At most this many rows.
    pub limit: u32,
    /// Begin after the row at this place.
    pub after: Option<C>,
}

impl<C: Cursor> PageRequest<C> {
    /// How many rows to read: one more than is shown tells whether there is a next page.
    pub fn rows_to_read(&self) -> u32 {
        self.limit + 1
    }

    /// The page, from [`rows_to_read`](Self::rows_to_read) rows and the place of each.
    ///
    /// # Panics
    /// When a place cannot be written as JSON: a mistake in the program.
    pub fn page<T>(&self, mut rows: Vec<T>, place: impl Fn(&T) -> C) -> Page<T> {
        let limit = self.limit as usize;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| has_more);
        let next_cursor = last.map(|row| write_cursor(&place(row)));
        Page {
            data: rows,
            pagination: Pagination {
                next_cursor,
                has_more,
            },
        }
    }
}

impl<C: Cursor> FromFields for PageRequest<C> {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let limit = fields.query("limit", parse_limit);
        let after = fields.query("cursor", read_cursor);
        Some(Self {
            limit: limit.unwrap_or(DEFAULT_LIMIT),
            after,
        })
    }
}

fn parse_limit(text: &str) -> Result<u32, String> {
    let limit = text.parse().ok();
    limit
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| format!("must be a whole number from 1 to {MAX_LIMIT}"))
}

/// What is inside a cursor. Opaque to clients, so that it may change.
#[derive(Serialize, Deserialize)]
struct Envelope<C> {
    v: u32,
    of: String,
    after: C,
}

fn write_cursor<C: Cursor>(after: &C) -> String {
    let envelope = Envelope {
        v: CURSOR_FORMAT,
        of: C::COLLECTION.to_owned(),
        after,
    };
    let json = serde_json::to_vec(&envelope).expect("a cursor is a small JSON value");
    BASE64_URL_SAFE_NO_PAD.encode(json)
}

fn read_cursor<C: Cursor>(text: &str) -> Result<C, &'static str> {
    let envelope = BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|json| serde_json::from_slice::<Envelope<C>>(&json).ok());
    match envelope {
        Some(Envelope {
            v: CURSOR_FORMAT,
            of,
            after,
        }) if of == C::COLLECTION => Ok(after),
        _ => Err("is not a cursor of this collection: send nextCursor as it was given"),
    }
}

#[cfg(test)]
mod tests;
