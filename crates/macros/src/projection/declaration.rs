//! What a struct declares about how it is made of events.

use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::Parse;
use syn::punctuated::Punctuated;
use syn::{
    DeriveInput, Error, Expr, Field, Ident, LitInt, Path, PathSegment, Result, Token, Type,
    parenthesized,
};

use super::source::Source;
use crate::read_model::{has, named_fields};

/// A read model, and how events change its rows.
pub(super) struct Declaration {
    pub(super) event: Path,
    pub(super) categories: Vec<Expr>,
    pub(super) tags: Vec<Expr>,
    /// The event types that create a row; none means that all do.
    pub(super) create_on: Vec<Ident>,
    pub(super) delete_on: Vec<Ident>,
    pub(super) columns: Vec<Column>,
}

/// A column, and where its value comes from.
pub(super) struct Column {
    pub(super) field: Ident,
    pub(super) ty: Type,
    pub(super) key: bool,
    pub(super) source: Source,
}

impl Declaration {
    pub(super) fn of(input: &DeriveInput) -> Result<Self> {
        let columns = named_fields(input)?;
        let attributes = Attributes::of(input)?;
        let Some(event) = attributes.event else {
            let message = "name the events it is made of: `#[projection(event = AccountEvent)]`";
            return Err(Error::new_spanned(&input.ident, message));
        };
        Ok(Self {
            event,
            categories: attributes.categories,
            tags: attributes.tags,
            create_on: attributes.create_on,
            delete_on: attributes.delete_on,
            columns: columns.iter().map(Column::of).collect::<Result<_>>()?,
        })
    }

    /// The columns of the key, in order.
    pub(super) fn keys(&self) -> Vec<&Column> {
        self.columns.iter().filter(|column| column.key).collect()
    }

    /// The other columns.
    pub(super) fn beside_the_key(&self) -> Vec<&Column> {
        self.columns.iter().filter(|column| !column.key).collect()
    }

    /// The event types that tell the key. None: every event has it in its record.
    pub(super) fn telling_the_key(&self) -> Option<Vec<&Ident>> {
        let mut keys = self.keys().into_iter();
        let told = keys.find(|key| matches!(key.source, Source::Told(_)))?;
        Some(told.source.variants().collect())
    }

    /// The event types that are named and leave a row there, each once.
    pub(super) fn changing(&self) -> Vec<&Ident> {
        let of_columns = self.columns.iter().flat_map(|it| it.source.variants());
        let mut variants: Vec<&Ident> = Vec::new();
        for variant in of_columns.chain(&self.create_on) {
            if !variants.contains(&variant) && !self.delete_on.contains(variant) {
                variants.push(variant);
            }
        }
        variants
    }

    /// True if an event of that type creates a row that is not there; `None` is a type that is not
    /// named.
    pub(super) fn creates(&self, variant: Option<&Ident>) -> bool {
        let Some(variant) = variant else {
            return self.create_on.is_empty() && self.telling_the_key().is_none();
        };
        self.create_on.is_empty() || self.create_on.contains(variant)
    }
}

impl Column {
    fn of(field: &Field) -> Result<Self> {
        let ident = field.ident.as_ref().expect("the struct's fields are named");
        let column = Self {
            field: ident.clone(),
            ty: field.ty.clone(),
            key: has(&field.attrs, "key"),
            source: Source::of(field)?,
        };
        if column.key && matches!(column.source, Source::Tally(_)) {
            let message = "a key cannot be counted or summed up: a row keeps its key";
            return Err(Error::new_spanned(ident, message));
        }
        Ok(column)
    }

    /// Its name, as messages show it.
    pub(super) fn name(&self) -> String {
        self.field.unraw().to_string()
    }

    /// True if it can be created with nothing in it.
    pub(super) fn is_optional(&self) -> bool {
        let is_option = |last: &PathSegment| last.ident == "Option";
        matches!(&self.ty, Type::Path(ty) if ty.path.segments.last().is_some_and(is_option))
    }
}

/// What `#[projection(…)]` says.
#[derive(Default)]
struct Attributes {
    event: Option<Path>,
    categories: Vec<Expr>,
    tags: Vec<Expr>,
    create_on: Vec<Ident>,
    delete_on: Vec<Ident>,
}

impl Attributes {
    fn of(input: &DeriveInput) -> Result<Self> {
        let mut attributes = Self::default();
        for attribute in &input.attrs {
            if attribute.path().is_ident("projection") {
                attribute.parse_nested_meta(|meta| attributes.take(&meta))?;
            }
        }
        Ok(attributes)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("event") {
            if self.event.is_some() {
                return Err(meta.error("a read model is made of the events of one type"));
            }
            self.event = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("categories") {
            self.categories.extend(list(meta)?);
        } else if meta.path.is_ident("tags") {
            self.tags.extend(list(meta)?);
        } else if meta.path.is_ident("create_on") {
            self.create_on.extend(list(meta)?);
        } else if meta.path.is_ident("delete_on") {
            self.delete_on.extend(list(meta)?);
        } else if meta.path.is_ident("revision") {
            // What it is does not matter, only that it is another one: see `revision`.
            meta.value()?.parse::<LitInt>()?.base10_parse::<u32>()?;
        } else {
            let message = "expected `event`, `categories`, `tags`, `create_on`, `delete_on` or \
                           `revision`";
            return Err(meta.error(message));
        }
        Ok(())
    }
}

fn list<T: Parse>(meta: &ParseNestedMeta<'_>) -> Result<Punctuated<T, Token![,]>> {
    let inside;
    parenthesized!(inside in meta.input);
    Punctuated::parse_terminated(&inside)
}
