//! Declared tables as statements that make them, and their names as they are written in SQL.

use annals_core::{Column, ColumnKind, Edition, Index, IndexOn, TableShape};

/// The statements that make a table of an edition and its indexes, whose names begin with that of
/// no other.
pub(crate) fn create(shape: &TableShape, edition: Edition, index_prefix: &str) -> String {
    let table = edition.named(shape.name);
    let indexes = shape.indexes.iter();
    let indexes = indexes.filter_map(|index| {
        let name = format!("{index_prefix}{}", index.name_in(shape.name));
        create_index(&name, &table, index)
    });
    std::iter::once(create_table(&table, shape))
        .chain(indexes)
        .collect()
}

/// An identifier, quoted. Names come from declarations alone, never from a caller's values.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The names of columns, quoted, with commas between.
pub(crate) fn names(columns: impl IntoIterator<Item = &'static Column>) -> String {
    let names = columns.into_iter().map(|column| quoted(column.name));
    names.collect::<Vec<_>>().join(", ")
}

fn create_table(name: &str, shape: &TableShape) -> String {
    let mut ddl = format!("create table {} (\n", quoted(name));
    for column in shape.columns {
        let kind = match column.kind {
            ColumnKind::Integer => "integer",
            ColumnKind::Text | ColumnKind::Json => "text",
            _ => "any",
        };
        let presence = if column.nullable { "" } else { " not null" };
        ddl += &format!("  {} {kind}{presence},\n", quoted(column.name));
    }
    let key = names(shape.key_columns());
    ddl + &format!("  primary key ({key})\n) strict, without rowid;\n")
}

/// None for JSON and for words: SQLite has no index for them, and refuses what they would serve.
fn create_index(name: &str, table: &str, index: &Index) -> Option<String> {
    let on = match index.on {
        IndexOn::Columns(columns) => {
            let columns: Vec<String> = columns.iter().copied().map(quoted).collect();
            columns.join(", ")
        }
        IndexOn::Expression(expression) => expression.to_owned(),
        _ => return None,
    };
    let unique = if index.unique { "unique " } else { "" };
    let (name, table) = (quoted(name), quoted(table));
    let only = index
        .only
        .map_or(String::new(), |condition| format!(" where {condition}"));
    Some(format!(
        "create {unique}index {name} on {table} ({on}){only};\n"
    ))
}
