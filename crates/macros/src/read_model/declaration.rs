//! What a struct declares about its table, checked.

use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::token::Paren;
use syn::{
    Attribute, Data, DeriveInput, Error, Field, Fields, Ident, LitStr, Result, Token, Type,
    parenthesized,
};

/// What PostgreSQL keeps of a name.
const NAME_BYTES: usize = 63;

/// A table: its name, its columns, its indexes.
pub(super) struct Declaration {
    pub(super) table: String,
    pub(super) columns: Vec<Column>,
    pub(super) indexes: Vec<Index>,
}

/// An index.
pub(super) struct Index {
    pub(super) on: IndexOn,
    pub(super) name: Option<String>,
    pub(super) only: Option<String>,
    pub(super) unique: bool,
}

/// What an index finds rows by.
#[derive(PartialEq)]
pub(super) enum IndexOn {
    Columns(Vec<String>),
    Expression(String),
    Json(String),
    FullText(Vec<String>),
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
            let on = declaration.known(field.ident.as_slice())?;
            declaration.push_index(Index::on(IndexOn::Columns(on)), field.span())?;
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
            let inside;
            parenthesized!(inside in meta.input);
            return self.add_index(&inside);
        }
        Err(meta.error("expected `table` or `index`"))
    }

    /// `index(owner, at, only = "…", unique)`, or `expression = "…"`, `json(column)`,
    /// `full_text(column, …)` in place of the columns.
    fn add_index(&mut self, input: ParseStream<'_>) -> Result<()> {
        let span = input.span();
        let mut columns: Vec<Ident> = Vec::new();
        let mut index = Index::on(IndexOn::Columns(Vec::new()));
        for part in Punctuated::<IndexPart, Token![,]>::parse_terminated(input)? {
            match part {
                IndexPart::Column(column) if column == "unique" => index.unique = true,
                IndexPart::Column(column) => columns.push(column),
                IndexPart::Name(name) => index.name = Some(name),
                IndexPart::Only(only) => index.only = Some(only),
                IndexPart::Expression(sql) => index.on = IndexOn::Expression(sql),
                IndexPart::Json(column) => {
                    index.on = IndexOn::Json(self.known(&[column])?.remove(0));
                }
                IndexPart::FullText(columns) => index.on = IndexOn::FullText(self.known(&columns)?),
            }
        }
        match &mut index.on {
            IndexOn::Columns(names) if !columns.is_empty() => *names = self.known(&columns)?,
            IndexOn::Columns(_) => return Err(Error::new(span, "an index needs a column")),
            _ if !columns.is_empty() => {
                let message = "an index is on columns or on something else, not both";
                return Err(Error::new_spanned(&columns[0], message));
            }
            IndexOn::Expression(_) if index.name.is_none() => {
                return Err(Error::new(span, "an index on an expression needs a name"));
            }
            _ => {}
        }
        self.push_index(index, span)
    }

    fn push_index(&mut self, index: Index, span: Span) -> Result<()> {
        let same = |other: &Index| other.on == index.on && other.only == index.only;
        if self.indexes.iter().any(same) {
            let message = format!("index({}) is declared twice", index.shown());
            return Err(Error::new(span, message));
        }
        self.indexes.push(index);
        Ok(())
    }

    /// The names of columns that are there, each once.
    fn known(&self, columns: &[Ident]) -> Result<Vec<String>> {
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
        Ok(names)
    }
}

impl Index {
    fn on(on: IndexOn) -> Self {
        Self {
            on,
            name: None,
            only: None,
            unique: false,
        }
    }

    fn shown(&self) -> String {
        match &self.on {
            IndexOn::Columns(columns) | IndexOn::FullText(columns) => columns.join(", "),
            IndexOn::Json(text) | IndexOn::Expression(text) => text.clone(),
        }
    }
}

/// What may stand between the parentheses of `index(…)`.
enum IndexPart {
    Column(Ident),
    Name(String),
    Only(String),
    Expression(String),
    Json(Ident),
    FullText(Vec<Ident>),
}

impl Parse for IndexPart {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let word: Ident = input.call(Ident::parse_any)?;
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            let text = input.parse::<LitStr>()?.value();
            return match word.to_string().as_str() {
                "name" => Ok(Self::Name(text)),
                "only" => Ok(Self::Only(text)),
                "expression" => Ok(Self::Expression(text)),
                _ => Err(Error::new_spanned(
                    word,
                    "expected `name`, `only` or `expression`",
                )),
            };
        }
        if !input.peek(Paren) {
            return Ok(Self::Column(word));
        }
        let inside;
        parenthesized!(inside in input);
        match word.to_string().as_str() {
            "json" => Ok(Self::Json(inside.parse()?)),
            "full_text" => {
                let columns = Punctuated::<Ident, Token![,]>::parse_terminated(&inside)?;
                Ok(Self::FullText(Vec::from_iter(columns)))
            }
            _ => Err(Error::new_spanned(word, "expected `json` or `full_text`")),
        }
    }
}

/// The fields of a struct that is a row.
pub(crate) fn named_fields(input: &DeriveInput) -> Result<Vec<Field>> {
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
    check_length(&name, ident)?;
    Ok(Column {
        field: ident.clone(),
        name,
        ty: field.ty.clone(),
        key: has(&field.attrs, "key"),
    })
}

/// True if one of the attributes has that name.
pub(crate) fn has(attributes: &[Attribute], name: &str) -> bool {
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
    check_length(&table, name)?;
    Ok(table)
}

fn check_length(name: &str, tokens: impl ToTokens) -> Result<()> {
    if name.len() > NAME_BYTES {
        let message = format!("a name has at most {NAME_BYTES} bytes: databases cut longer ones");
        return Err(Error::new_spanned(tokens, message));
    }
    Ok(())
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
