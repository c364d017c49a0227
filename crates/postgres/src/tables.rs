//! Declared tables as statements that make them, and their names as they are written in SQL.

use annals_core::{Column, ColumnKind, Edition, Index, IndexOn, TableShape};

/// The statements that make a table and its indexes.
pub(crate) fn create(shape: &TableShape) -> String {
    let indexes = shape.indexes.iter().map(|index| create_index(shape, index));
    std::iter::once(create_table(shape))
        .chain(indexes)
        .collect()
}

/// An identifier, quoted. Names come from declarations alone, never from a caller's values.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The names of columns, quoted, with commas between.
pub(crate) fn names(columns: impl IntoIterator<Item = &'static Column>) -> String {
    comma_separated(columns.into_iter().map(|column| quoted(column.name)))
}

/// Texts, with commas between.
pub(crate) fn comma_separated(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

/// The schema in which the tables of an edition are.
pub(crate) fn schema(edition: Edition) -> &'static str {
    match edition {
        Edition::Current => "{read}",
        Edition::Candidate => "{read}_candidate",
        Edition::Previous => "{read}_previous",
    }
}

/// A table of a read model, in its schema.
pub(crate) fn in_read_schema(table: &str, edition: Edition) -> String {
    format!("{}.{}", schema(edition), quoted(table))
}

/// The columns as they are read.
pub(crate) fn selected(columns: &[Column]) -> String {
    comma_separated(columns.iter().map(|column| match column.kind {
        ColumnKind::Json => format!("{}::text", quoted(column.name)),
        _ => quoted(column.name),
    }))
}

/// The words of a column, exactly as they are indexed: only then the index is used.
pub(crate) fn words(column: &str) -> String {
    format!("to_tsvector('simple', coalesce({}, ''))", quoted(column))
}

fn create_table(shape: &TableShape) -> String {
    let columns = shape.columns.iter().map(declared).collect::<Vec<_>>();
    let (table, columns) = (quoted(shape.name), columns.join(",\n  "));
    let key = names(shape.key_columns());
    format!("create table {table} (\n  {columns},\n  primary key ({key})\n);\n")
}

fn declared(column: &Column) -> String {
    let kind = match column.kind {
        ColumnKind::Integer => "bigint",
        ColumnKind::Json => "jsonb",
        // Compared byte by byte, as everywhere.
        _ => "text collate \"C\"",
    };
    let presence = if column.nullable { "" } else { " not null" };
    format!("{} {kind}{presence}", quoted(column.name))
}

fn create_index(shape: &TableShape, index: &Index) -> String {
    let unique = if index.unique { "unique " } else { "" };
    let (name, table) = (quoted(&index.name_in(shape.name)), quoted(shape.name));
    let (on, only) = (
        indexed(shape, index),
        index.only.map(|only| format!(" where {only}")),
    );
    let only = only.unwrap_or_default();
    format!("create {unique}index {name} on {table} {on}{only};\n")
}

fn indexed(shape: &TableShape, index: &Index) -> String {
    match index.on {
        IndexOn::Columns(columns) if index.unique => format!("({})", quoted_list(columns)),
        IndexOn::Columns(columns) => format!("({})", sorted_by_key(shape, columns)),
        IndexOn::Expression(expression) => format!("(({expression}))"),
        IndexOn::Json(column) => format!("using gin ({} jsonb_path_ops)", quoted(column)),
        IndexOn::FullText(columns) => {
            // Each column by itself: one index serves a search in any of them.
            let words = comma_separated(columns.iter().map(|column| words(column)));
            format!("using gin ({words})")
        }
        _ => unreachable!("every kind of index is known here"),
    }
}

/// The columns, then the key: a page of the rows that are alike in them needs no sorting.
fn sorted_by_key(shape: &TableShape, columns: &[&str]) -> String {
    let key = shape.key_columns().map(|column| column.name);
    let rest = key.filter(|name| !columns.contains(name));
    let columns: Vec<&str> = columns.iter().copied().chain(rest).collect();
    quoted_list(&columns)
}

fn quoted_list(names: &[&str]) -> String {
    comma_separated(names.iter().map(|name| quoted(name)))
}
