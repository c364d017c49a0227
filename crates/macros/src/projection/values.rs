//! Values that events tell, as expressions.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Member};

use super::declaration::{Column, Declaration};
use super::source::{Direction, RecordValue, Source, Step, Value};

/// What matches an event of one type, and binds those of its fields that `columns` read.
pub(super) fn pattern(
    declaration: &Declaration,
    variant: &Ident,
    columns: &[&Column],
) -> TokenStream {
    let mut fields: Vec<&Member> = Vec::new();
    for (read_of, members) in columns.iter().flat_map(|column| column.source.reads()) {
        if let Some(field) = members.first()
            && read_of == variant
            && !fields.contains(&field)
        {
            fields.push(field);
        }
    }
    let bound = fields.iter().map(|field| bound(field));
    let event = &declaration.event;
    quote!(#event::#variant { #(#fields: #bound,)* .. })
}

/// What is in a column after an event that has something to say about it; `variant` is its type, if
/// that one is named, and `before` what was there.
pub(super) fn after(
    column: &Column,
    variant: Option<&Ident>,
    before: TokenStream,
) -> Option<TokenStream> {
    match &column.source {
        Source::Record(value) => Some(of_record(*value, column)),
        Source::Told(told) => {
            let told = told.iter().find(|told| Some(&told.variant) == variant)?;
            Some(of_event(&told.value, column))
        }
        Source::Tally(steps) => {
            let mut steps = steps
                .iter()
                .filter(|step| Some(&step.variant) == variant)
                .peekable();
            steps.peek()?;
            Some(steps.fold(before, |before, step| stepped(column, step, &before)))
        }
    }
}

/// What is in a column of a new row of which nothing was said yet.
pub(super) fn at_first(column: &Column) -> TokenStream {
    let ty = &column.ty;
    match column.source {
        Source::Tally(_) => quote!(<#ty as ::std::default::Default>::default()),
        // Others that would be left open are refused.
        Source::Record(_) | Source::Told(_) => quote!(::std::option::Option::None),
    }
}

fn of_record(value: RecordValue, column: &Column) -> TokenStream {
    let event = local("event");
    let value = match value {
        RecordValue::StreamId => return parsed_stream_id(column),
        RecordValue::Version => quote!(#event.record.version),
        RecordValue::Position => quote!(#event.record.position),
        RecordValue::RecordedAt => quote!(#event.record.recorded_at),
        RecordValue::HappenedAt => quote!(#event.record.happened_at()),
    };
    converted(&value, column)
}

fn parsed_stream_id(column: &Column) -> TokenStream {
    let (ty, message) = (&column.ty, format!("`{}` cannot be {{}}", column.name()));
    let event = local("event");
    quote_spanned! {place(column)=>
        #event.record.stream.id().parse::<#ty>().unwrap_or_else(|_| {
            ::std::panic!(#message, #event.record.stream.id())
        })
    }
}

fn of_event(value: &Value, column: &Column) -> TokenStream {
    match value {
        Value::Constant(value) => converted(&value.to_token_stream(), column),
        Value::Field(members) => converted(&cloned(members), column),
    }
}

fn converted(value: &TokenStream, column: &Column) -> TokenStream {
    quote_spanned!(place(column)=> ::std::convert::Into::into(#value))
}

/// Overflow panics, which is a failure of the event.
fn stepped(column: &Column, step: &Step, before: &TokenStream) -> TokenStream {
    let ty = &column.ty;
    let change = match step.direction {
        Direction::Up => quote!(checked_add),
        Direction::Down => quote!(checked_sub),
    };
    let message = format!("`{}` overflows", column.name());
    if step.amount.is_empty() {
        return quote_spanned! {place(column)=>
            (#before).#change(1).unwrap_or_else(|| ::std::panic!(#message))
        };
    }
    let amount = cloned(&step.amount);
    quote_spanned! {place(column)=>
        <#ty as ::std::convert::TryFrom<_>>::try_from(#amount)
            .ok()
            .and_then(|amount| (#before).#change(amount))
            .unwrap_or_else(|| ::std::panic!(#message))
    }
}

fn cloned(members: &[Member]) -> TokenStream {
    let (field, inner) = members.split_first().expect("a field is named");
    let field = bound(field);
    match inner {
        [] => quote!(::std::clone::Clone::clone(#field)),
        _ => quote!(::std::clone::Clone::clone(&#field #(.#inner)*)),
    }
}

/// Where the compiler shows what does not fit into a column: at its type.
fn place(column: &Column) -> Span {
    column.ty.span().resolved_at(Span::call_site())
}

/// A parameter or a variable of what is written, which nothing in the declaration can mean.
pub(super) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The name that a field of the event is bound to, which nothing in the declaration can mean.
fn bound(field: &Member) -> Ident {
    let span = Span::mixed_site();
    match field {
        Member::Named(name) => format_ident!("told_{}", name, span = span),
        Member::Unnamed(place) => format_ident!("told_{}", place.index, span = span),
    }
}
