//! `#[personal(subject = user_id)]` on a field: what is sealed, whom it is about, and where it is kept.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Error, Field, Ident, Result, Type, Variant};

use super::held::Held;
use super::stored_name::{self, Case};
use super::{EventType, serde_shape};

/// A field that holds a personal value.
pub(super) struct PersonalField {
    pub(super) field: Ident,
    /// The field beside it that names whom it is about.
    subject: Ident,
    kept: Kept,
    pub(super) stored_name: String,
    held: Held,
}

/// Where what is sealed of a field is kept.
enum Kept {
    InEvent,
    Beside,
}

/// What a mark says.
struct Mark {
    subject: Ident,
    kept: Kept,
}

/// What a field says; `None`: nothing personal.
pub(super) fn of_field(field: &Field, case: Case) -> Result<Option<PersonalField>> {
    let is_mark = |it: &&Attribute| it.path().is_ident("personal");
    let mut marks = field.attrs.iter();
    let Some(mark) = marks.find(is_mark) else {
        return check_unmarked(field).map(|()| None);
    };
    if let Some(second) = marks.find(is_mark) {
        let message = "a value is about one person: it was marked already";
        return Err(Error::new_spanned(second, message));
    }
    let Some(ident) = field.ident.clone() else {
        return Err(Error::new_spanned(mark, NOT_NAMED));
    };
    serde_shape::check_personal_field(&field.attrs)?;
    let Mark { subject, kept } = Mark::of(mark)?;
    Ok(Some(PersonalField {
        subject,
        kept,
        stored_name: stored_name::of(&ident.unraw().to_string(), &field.attrs, case)?,
        held: held(&field.ty)?,
        field: ident,
    }))
}

const NOT_NAMED: &str = "personal values are named fields of the event's variant itself, where they \
                         are sealed: write `Variant { #[personal(subject = …)] field: Personal<…> }`";

fn check_unmarked(field: &Field) -> Result<()> {
    if !mentions_personal(field.ty.to_token_stream()) {
        return Ok(());
    }
    let Some(ident) = &field.ident else {
        return Err(Error::new_spanned(&field.ty, NOT_NAMED));
    };
    let message = format!(
        "`{ident}` holds a personal value: mark it with `#[personal(subject = …)]`, naming the \
         field that tells whom it is about"
    );
    Err(Error::new_spanned(&field.ty, message))
}

fn mentions_personal(ty: TokenStream) -> bool {
    ty.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Personal",
        TokenTree::Group(group) => mentions_personal(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

impl Mark {
    fn of(mark: &Attribute) -> Result<Self> {
        let (mut subject, mut kept) = (None, Kept::InEvent);
        let expected = "expected `subject = field`, the field that tells whom it is about, and at \
                        most `beside`, if it is kept beside the log";
        if let syn::Meta::List(_) = &mark.meta {
            mark.parse_nested_meta(|meta| {
                if meta.path.is_ident("subject") && subject.is_none() {
                    subject = Some(meta.value()?.call(Ident::parse_any)?);
                } else if meta.path.is_ident("beside") {
                    kept = Kept::Beside;
                } else {
                    return Err(meta.error(expected));
                }
                Ok(())
            })?;
        }
        let subject = subject.ok_or_else(|| Error::new_spanned(mark, expected))?;
        Ok(Self { subject, kept })
    }
}

fn held(ty: &Type) -> Result<Held> {
    let message = "a personal field is a `Personal<…>` or an `Option<Personal<…>>`, which are never \
                   written in the open";
    Held::of(ty, "Personal").ok_or_else(|| Error::new_spanned(ty, message))
}

/// Refuses subjects that are no field beside, that serde may leave out or write otherwise, or that are
/// personal themselves.
pub(super) fn check_subjects(personal: &[PersonalField], variant: &Variant) -> Result<()> {
    for PersonalField { field, subject, .. } in personal {
        let mut fields = variant.fields.iter();
        let Some(named) = fields.find(|it| it.ident.as_ref() == Some(subject)) else {
            let message = format!(
                "`{}` has no field `{subject}`, which is to tell whom `{field}` is about",
                variant.ident
            );
            return Err(Error::new_spanned(subject, message));
        };
        serde_shape::check_subject(&named.attrs)?;
        if personal.iter().any(|it| it.field == *subject) {
            let message = format!(
                "`{subject}` is personal, so it cannot tell whom `{field}` is about: a subject is a \
                 pseudonym that stays readable when the person is forgotten"
            );
            return Err(Error::new_spanned(subject, message));
        }
    }
    Ok(())
}

/// Left to the trait's defaults when nothing is personal.
pub(super) fn methods(core: &TokenStream, types: &[EventType]) -> TokenStream {
    if types.iter().all(|it| it.fields.personal.is_empty()) {
        return TokenStream::new();
    }
    let subjects = types.iter().map(subjects_arm);
    let fields = types.iter().map(|event_type| fields_arm(core, event_type));
    quote! {
        fn subjects(&self) -> ::std::vec::Vec<::std::string::String> {
            match self { #(#subjects),* }
        }

        fn personal_fields(&mut self) -> ::std::vec::Vec<#core::PersonalField<'_>> {
            match self { #(#fields),* }
        }
    }
}

/// Each subject once, if there is a value about it.
fn subjects_arm(event_type: &EventType) -> TokenStream {
    let personal = &event_type.fields.personal;
    let mut subjects: Vec<&Ident> = Vec::new();
    for PersonalField { subject, .. } in personal {
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    let named = subjects.iter().map(|subject| {
        let about = || personal.iter().filter(|it| it.subject == **subject);
        let text = quote!(::std::string::ToString::to_string(#subject));
        if about().any(|it| it.held == Held::Always) {
            return quote!(::std::option::Option::Some(#text));
        }
        let values = about().map(|it| &it.field);
        quote!((#(#values.is_some())||*).then(|| #text))
    });
    arm(event_type, &named.collect::<Vec<_>>())
}

fn fields_arm(core: &TokenStream, event_type: &EventType) -> TokenStream {
    let fields = event_type.fields.personal.iter().map(|personal| {
        let PersonalField {
            field,
            subject,
            kept,
            stored_name,
            held,
        } = personal;
        let kept = match kept {
            Kept::InEvent => quote!(#core::Kept::InEvent),
            Kept::Beside => quote!(#core::Kept::Beside),
        };
        // It meets no field of the same name.
        let value = Ident::new("value", Span::mixed_site());
        let entry = quote! {
            #core::PersonalField {
                name: #stored_name,
                subject: ::std::string::ToString::to_string(&*#subject),
                kept: #kept,
                value: #value,
            }
        };
        match held {
            Held::Always => quote!(::std::option::Option::Some({ let #value = #field; #entry })),
            Held::Perhaps => quote!(#field.as_mut().map(|#value| #entry)),
        }
    });
    arm(event_type, &fields.collect::<Vec<_>>())
}

/// What matches the events of a type and collects those of the items that there are.
fn arm(event_type: &EventType, items: &[TokenStream]) -> TokenStream {
    let (variant, personal) = (&event_type.variant, &event_type.fields.personal);
    if personal.is_empty() {
        return quote!(Self::#variant { .. } => ::std::vec::Vec::new());
    }
    let mut bound: Vec<&Ident> = Vec::new();
    for field in personal.iter().flat_map(|it| [&it.subject, &it.field]) {
        if !bound.contains(&field) {
            bound.push(field);
        }
    }
    quote! {
        Self::#variant { #(#bound,)* .. } => [#(#items),*].into_iter().flatten().collect()
    }
}
