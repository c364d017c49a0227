//! How large things may be: the one table, enforced at every door.

/// Longest stream id, event type, tag, content type or category, and longest actor, correlation,
/// causation or `traceparent` of an event, in bytes.
pub const NAME_BYTES: usize = 256;
/// Largest payload of one event, in bytes.
pub const EVENT_BYTES: usize = 1024 * 1024;
/// Largest payload of one event that is stored compressed, in bytes before it is.
pub const INFLATED_BYTES: usize = 16 * 1024 * 1024;
/// Largest personal value that is kept beside the log, in bytes, sealed.
pub const SIDE_VALUE_BYTES: usize = 1024 * 1024;
/// Largest metadata of one event, in bytes, counted as JSON.
pub const METADATA_BYTES: usize = 64 * 1024;
/// Longest W3C `tracestate` of an event, in bytes: what the standard asks to be passed on at least.
pub const TRACE_STATE_BYTES: usize = 512;
/// Most tags on one event.
pub const EVENT_TAGS: usize = 64;
/// Most events in one append.
pub const APPEND_EVENTS: usize = 1_000;
/// Largest append, in bytes: payloads, metadata and names of all its events.
pub const APPEND_BYTES: usize = 8 * 1024 * 1024;
/// Longest key of a row, and longest entry of an index over columns with the key behind it, in
/// bytes: their texts, and eight for each column. PostgreSQL has no place for much more.
pub const INDEXED_BYTES: usize = 2_600;
/// Longest text that is indexed by its words, in bytes. PostgreSQL has a limit to what it makes of
/// it, which is at most four times as long.
pub const SEARCHED_BYTES: usize = 256 * 1024;
/// Most items in one query.
pub const QUERY_ITEMS: usize = 64;
/// Most types, tags or categories in one item of a query.
pub const QUERY_ITEM_TERMS: usize = 256;
