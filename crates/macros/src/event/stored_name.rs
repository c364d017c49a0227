//! The name that serde stores a field under.

use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, ExprLit, Lit, LitStr, Meta, MetaNameValue, Result, Token};

use super::serde_shape;

/// How serde writes the names of fields, by `rename_all` on the variant or else by
/// `rename_all_fields` on the enum.
#[derive(Debug, Clone, Copy)]
pub(super) enum Case {
    /// Also `lowercase`, which leaves fields alone.
    AsDeclared,
    Upper,
    Pascal,
    Camel,
    Kebab,
    UpperKebab,
}

impl Case {
    /// Of the fields of one variant.
    pub(super) fn of(on_enum: &[Attribute], on_variant: &[Attribute]) -> Result<Self> {
        let text = match option(on_variant, "rename_all")? {
            Some(text) => Some(text),
            None => option(on_enum, "rename_all_fields")?,
        };
        text.as_ref().map_or(Ok(Self::AsDeclared), Self::named)
    }

    fn named(text: &LitStr) -> Result<Self> {
        Ok(match text.value().as_str() {
            "lowercase" | "snake_case" => Self::AsDeclared,
            "UPPERCASE" | "SCREAMING_SNAKE_CASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::UpperKebab,
            _ => return Err(Error::new_spanned(text, "serde knows no such case")),
        })
    }

    fn apply(self, field: &str) -> String {
        match self {
            Self::AsDeclared => field.to_owned(),
            Self::Upper => field.to_ascii_uppercase(),
            Self::Pascal => pascal(field),
            Self::Camel => {
                let mut name = pascal(field);
                if let Some(first) = name.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                name
            }
            Self::Kebab => field.replace('_', "-"),
            Self::UpperKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(field: &str) -> String {
    let mut name = String::with_capacity(field.len());
    let mut begins = true;
    for letter in field.chars() {
        match letter {
            '_' => begins = true,
            _ if begins => {
                name.push(letter.to_ascii_uppercase());
                begins = false;
            }
            _ => name.push(letter),
        }
    }
    name
}

/// That of the field that Rust calls `field`.
pub(super) fn of(field: &str, attributes: &[Attribute], case: Case) -> Result<String> {
    let renamed = option(attributes, "rename")?.map(|name| name.value());
    Ok(renamed.unwrap_or_else(|| case.apply(field)))
}

/// What serde is told by `name = "…"`, or for writing by `name(serialize = "…")`.
fn option(attributes: &[Attribute], name: &str) -> Result<Option<LitStr>> {
    for option in serde_shape::options(attributes)? {
        match option {
            Meta::NameValue(it) if it.path.is_ident(name) => return Ok(text(it)),
            Meta::List(it) if it.path.is_ident(name) => {
                let parse = Punctuated::<MetaNameValue, Token![,]>::parse_terminated;
                let mut both = it.parse_args_with(parse)?.into_iter();
                let writing = both.find(|it| it.path.is_ident("serialize"));
                return Ok(writing.and_then(text));
            }
            _ => {}
        }
    }
    Ok(None)
}

fn text(option: MetaNameValue) -> Option<LitStr> {
    match option.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text),
        // serde itself says what is wrong with it.
        _ => None,
    }
}
