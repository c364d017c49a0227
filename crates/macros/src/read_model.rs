//! `#[derive(ReadModel)]`: a struct as a row of a table.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Result};

use crate::crate_path;

use declaration::{Column, Declaration, IndexOn};

pub(crate) use declaration::{has, named_fields};

mod declaration;

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let declaration = Declaration::of(input)?;
    let core = crate_path::core();
    let row = &input.ident;
    let constants = constants(&core, &declaration);
    let key = key_items(&core, &declaration);
    let values = value_methods(&core, &declaration.columns);
    let keys_identify = keys_identify(&core, &declaration);
    Ok(quote! {
        #[automatically_derived]
        impl #core::ReadModel for #row {
            #constants
            #key
            #values
        }
        #keys_identify
    })
}

fn constants(core: &TokenStream, declaration: &Declaration) -> TokenStream {
    let table = &declaration.table;
    let columns = declaration.columns.iter().map(|column| {
        let Column { name, ty, key, .. } = column;
        quote! {
            #core::Column {
                name: #name,
                kind: <#ty as #core::ColumnValue>::KIND,
                nullable: <#ty as #core::ColumnValue>::NULLABLE,
                key: #key,
            }
        }
    });
    let indexes = declaration
        .indexes
        .iter()
        .map(|index| index_item(core, index));
    quote! {
        const TABLE: &'static str = #table;
        const COLUMNS: &'static [#core::Column] = &[#(#columns),*];
        const INDEXES: &'static [#core::Index] = &[#(#indexes),*];
    }
}

fn index_item(core: &TokenStream, index: &declaration::Index) -> TokenStream {
    let on = match &index.on {
        IndexOn::Columns(columns) => quote!(Columns(&[#(#columns),*])),
        IndexOn::Expression(expression) => quote!(Expression(#expression)),
        IndexOn::Json(column) => quote!(Json(#column)),
        IndexOn::FullText(columns) => quote!(FullText(&[#(#columns),*])),
    };
    let (name, only, unique) = (
        option(index.name.as_deref()),
        option(index.only.as_deref()),
        index.unique,
    );
    quote! {
        #core::Index { name: #name, on: #core::IndexOn::#on, only: #only, unique: #unique }
    }
}

fn option(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => quote!(::std::option::Option::Some(#text)),
        None => quote!(::std::option::Option::None),
    }
}

/// The key of one field is the field itself, of several a tuple.
fn key_items(core: &TokenStream, declaration: &Declaration) -> TokenStream {
    let keys: Vec<&Column> = declaration.keys().collect();
    let types = keys.iter().map(|column| &column.ty);
    let fields = keys.iter().map(|column| &column.field);
    let (key_type, key, parts) = match &keys[..] {
        [Column { field, ty, .. }] => {
            let key = quote!(::std::clone::Clone::clone(&self.#field));
            (quote!(#ty), key, vec![quote!(key)])
        }
        _ => {
            let indexes = (0..keys.len()).map(syn::Index::from);
            (
                quote!((#(#types),*)),
                quote!((#(::std::clone::Clone::clone(&self.#fields)),*)),
                indexes.map(|index| quote!(&key.#index)).collect(),
            )
        }
    };
    quote! {
        type Key = #key_type;

        fn key(&self) -> Self::Key {
            #key
        }

        fn key_values(key: &Self::Key) -> ::std::vec::Vec<#core::Value> {
            ::std::vec![#(#core::ColumnValue::to_value(#parts)),*]
        }
    }
}

fn value_methods(core: &TokenStream, columns: &[Column]) -> TokenStream {
    let fields: Vec<_> = columns.iter().map(|column| &column.field).collect();
    let names = columns.iter().map(|column| &column.name);
    quote! {
        fn to_values(&self) -> ::std::vec::Vec<#core::Value> {
            ::std::vec![#(#core::ColumnValue::to_value(&self.#fields)),*]
        }

        fn from_values(
            values: ::std::vec::Vec<#core::Value>,
        ) -> ::std::result::Result<Self, #core::ColumnError> {
            let mut values = values.into_iter();
            let mut next = || values.next().unwrap_or(#core::Value::Null);
            ::std::result::Result::Ok(Self {
                #(#fields: #core::ColumnValue::from_column(#names, next())?),*
            })
        }
    }
}

/// Whether a key's type may hold nothing, or what has no order, is known only once types are: checked
/// by the compiler.
fn keys_identify(core: &TokenStream, declaration: &Declaration) -> TokenStream {
    let checks = declaration.keys().map(|column| {
        let Column { name, ty, .. } = column;
        let optional = format!("key `{name}` cannot be optional");
        let json = format!("key `{name}` cannot be JSON");
        quote_spanned! {ty.span()=>
            const _: () = assert!(!<#ty as #core::ColumnValue>::NULLABLE, #optional);
            const _: () = assert!(
                !::std::matches!(<#ty as #core::ColumnValue>::KIND, #core::ColumnKind::Json),
                #json
            );
        }
    });
    checks.collect()
}
