//! Reading a request: path, query, headers and body, with every fault noted on the way.

use std::fmt::Display;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use crate::faults::Faults;
use crate::object::{JsonValue, Object};
use crate::problem::Problem;

/// A request, or a part of one, that is read field by field.
///
/// ```
/// # use annals_http::{Fields, FromFields, text};
/// struct Rename { name: String, note: Option<String> }
///
/// impl FromFields for Rename {
///     fn from_fields(fields: &mut Fields) -> Option<Self> {
///         let name = fields.required("name", text(str::parse));
///         let note = fields.optional("note", text(str::parse));
///         Some(Self { name: name?, note })
///     }
/// }
/// ```
///
/// # Contract
///
/// 1. Every field is read before the first `?`, so that every fault is noted.
/// 2. `None` is returned only when a fault was noted.
pub trait FromFields: Sized {
    /// Reads the fields it is made of.
    fn from_fields(fields: &mut Fields) -> Option<Self>;
}

impl<A: FromFields, B: FromFields> FromFields for (A, B) {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (a, b) = (A::from_fields(fields), B::from_fields(fields));
        Some((a?, b?))
    }
}

impl<A: FromFields, B: FromFields, C: FromFields> FromFields for (A, B, C) {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (a, (b, c)) = (A::from_fields(fields), <(B, C)>::from_fields(fields)?);
        Some((a?, b, c))
    }
}

/// The fields of a request that is being read, and the faults found so far.
#[derive(Debug, Default)]
pub struct Fields {
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Object,
    faults: Faults,
}

impl Fields {
    /// A segment of the path.
    ///
    /// # Panics
    /// When the route has no segment of this name: a mistake in the program.
    pub fn path<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let segment = self.path.iter().find(|(segment, _)| segment == name);
        let (_, text) = segment.unwrap_or_else(|| panic!("the route has no {{{name}}}"));
        note(&mut self.faults, name, parse(text))
    }

    /// A parameter of the query string, which may be missing.
    pub fn query<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let mut named = self
            .query
            .extract_if(.., |(parameter, _)| parameter == name);
        let (_, text) = named.next()?;
        if named.count() > 0 {
            self.faults.add(name, "is given more than once");
        }
        note(&mut self.faults, name, parse(&text))
    }

    /// A header, which may be missing.
    pub fn header<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        if values.next().is_some() {
            self.faults.add(name, "is given more than once");
        }
        match value.to_str() {
            Ok(text) => note(&mut self.faults, name, parse(text)),
            Err(_) => note(&mut self.faults, name, Err("must be visible ASCII")),
        }
    }

    /// A field of the body that must be there.
    pub fn required<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(JsonValue) -> Result<T, Faults>,
    ) -> Option<T> {
        self.body.required(name, read)
    }

    /// A field of the body that may be missing or null.
    pub fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(JsonValue) -> Result<T, Faults>,
    ) -> Option<T> {
        self.body.optional(name, read)
    }

    /// Notes a fault that is none of one field alone.
    pub fn fault(&mut self, field: &str, message: &str) {
        self.faults.add(field, message);
    }

    /// Path, query and headers of a request, and a body without fields.
    pub(crate) async fn of_parts(parts: &mut Parts) -> Result<Self, Problem> {
        let path = RawPathParams::from_request_parts(parts, &())
            .await
            .map_err(|rejection| unreadable_path(&rejection))?;
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        Ok(Self {
            path: path.iter().map(owned).collect(),
            query: form_urlencoded::parse(query).into_owned().collect(),
            headers: parts.headers.clone(),
            ..Self::default()
        })
    }

    /// The same request with its body.
    pub(crate) fn with_body(mut self, body: Object) -> Self {
        self.body = body;
        self
    }

    /// Reads what a handler wants, and ends reading.
    pub(crate) fn read<T: FromFields>(mut self) -> Result<T, Problem> {
        let wanted = T::from_fields(&mut self);
        for (name, _) in self.query {
            self.faults.add(name, "is not known");
        }
        if let Err(faults) = self.body.finish() {
            self.faults.append(faults);
        }
        match wanted {
            Some(wanted) if self.faults.is_empty() => Ok(wanted),
            _ => Err(Problem::invalid(self.faults)),
        }
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn note<T, E: Display>(faults: &mut Faults, name: &str, read: Result<T, E>) -> Option<T> {
    read.map_err(|fault| faults.add(name, fault.to_string()))
        .ok()
}

fn unreadable_path(rejection: &dyn Display) -> Problem {
    let title = "The path cannot be read";
    Problem::new(StatusCode::BAD_REQUEST, "malformed-path", title).detail(rejection.to_string())
}
