//! What a struct declares about its table, checked.

use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Data, DeriveInput, Error, Field, Fields, Ident, LitStr, Result, Token, Type,
    parenthesized,
};

/// A table: its name, its columns, its indexes by the names of their columns.
pub(super) struct Declaration {
    pub(super) table: String,
    pub(super) columns: Vec<Column>,
    pub(super) indexes: Vec<Vec<String>>,
}

/// A field, and the column it is kept in.
pub(super) struct Column {
    pub(super) field: Ident,
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) key: bool,
}

impl Declaration {
    pub(super) fn of(input: &DeriveInput) -> Result<Self> {
        if !input.generics.params.is_empty() {
            let message = "a read model has no type parameters: its table is one";
            return Err(Error::new_spanned(&input.generics, message));
        }
        let fields = named_fields(input)?;
        let mut declaration = Self {
            table: snake_case(&input.ident.unraw().to_string()),
            columns: fields.iter().map(column).collect::<Result<_>>()?,
            indexes: Vec::new(),
        };
        declaration.take_attributes(&input.attrs)?;
        for field in fields.iter().filter(|field| has(&field.attrs, "index")) {
            declaration.add_index(field.ident.as_slice())?;
        }
        if declaration.keys().next().is_none() {
            let message = "a read model needs a field marked #[key]";
            return Err(Error::new_spanned(&input.ident, message));
        }
        Ok(declaration)
    }

    /// The columns of the primary key, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.key)
    }

    fn take_attributes(&mut self, attributes: &[Attribute]) -> Result<()> {
        for attribute in attributes {
            if attribute.path().is_ident("read_model") {
                attribute.parse_nested_meta(|meta| self.take(&meta))?;
            }
        }
        Ok(())
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("table") {
            self.table = checked_table(&meta.value()?.parse()?)?;
            return Ok(());
        }
        if meta.path.is_ident("index") {
            let columns;
            parenthesized!(columns in meta.input);
            let columns = Punctuated::<Ident, Token![,]>::parse_terminated(&columns)?;
            if columns.is_empty() {
                return Err(meta.error("an index needs a column"));
            }
            return self.add_index(&Vec::from_iter(columns));
        }
        Err(meta.error("expected `table` or `index`"))
    }

    fn add_index(&mut self, columns: &[Ident]) -> Result<()> {
        let mut names = Vec::new();
        for column in columns {
            let name = column.unraw().to_string();
            if !self.columns.iter().any(|column| column.name == name) {
                let message = format!("there is no column `{name}`");
                return Err(Error::new_spanned(column, message));
            }
            if names.contains(&name) {
                let message = format!("column `{name}` is in the index twice");
                return Err(Error::new_spanned(column, message));
            }
            names.push(name);
        }
        if self.indexes.contains(&names) {
            let message = format!("index({}) is declared twice", names.join(", "));
            return Err(Error::new_spanned(&columns[0], message));
        }
        self.indexes.push(names);
        Ok(())
    }
}

fn named_fields(input: &DeriveInput) -> Result<Vec<Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter().cloned().collect()),
            _ => Err(not_a_row(&input.ident)),
        },
        _ => Err(not_a_row(&input.ident)),
    }
}

fn not_a_row(ident: &Ident) -> Error {
    Error::new_spanned(ident, "a read model is a struct with named fields")
}

fn column(field: &Field) -> Result<Column> {
    let ident = field.ident.as_ref().expect("the struct's fields are named");
    let name = ident.unraw().to_string();
    // Databases do not tell upper from lower case in names, so two fields could be one column.
    if !is_snake_case(&name) {
        return Err(Error::new_spanned(ident, "a column is named in snake case"));
    }
    Ok(Column {
        field: ident.clone(),
        name,
        ty: field.ty.clone(),
        key: has(&field.attrs, "key"),
    })
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|it| it.path().is_ident(name))
}

fn checked_table(name: &LitStr) -> Result<String> {
    let table = name.value();
    if !is_snake_case(&table) {
        return Err(Error::new_spanned(name, "a table is named in snake case"));
    }
    if ["annals_", "sqlite_", "pg_"]
        .iter()
        .any(|reserved| table.starts_with(reserved))
    {
        let message = "names that begin with `annals_`, `sqlite_` or `pg_` are taken";
        return Err(Error::new_spanned(name, message));
    }
    Ok(table)
}

fn is_snake_case(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() && name.chars().all(is_part)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}
