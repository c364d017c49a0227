//! What makes no sense together: told to whoever declares it, before there is a row.

use syn::{Error, Ident, Member, Result};

use super::declaration::{Column, Declaration};
use super::source::Source;

/// Refuses a declaration that leaves open what becomes of a row, or says it twice.
pub(super) fn check(declaration: &Declaration) -> Result<()> {
    for column in &declaration.columns {
        nothing_is_told_twice(column)?;
    }
    nothing_deletes_twice(&declaration.delete_on)?;
    nothing_is_told_of_deleted_rows(declaration)?;
    every_event_tells_the_key(declaration)?;
    for column in declaration.beside_the_key() {
        new_rows_have_a_value(declaration, column)?;
    }
    Ok(())
}

fn nothing_is_told_twice(column: &Column) -> Result<()> {
    let reads = column.source.reads();
    for (place, (variant, field)) in reads.iter().enumerate() {
        let is_again = |(before, its): &(&Ident, &[Member])| match column.source {
            // An event may add several of its fields, but each of them once.
            Source::Tally(_) => before == variant && its == field,
            _ => before == variant,
        };
        if reads[..place].iter().any(is_again) {
            let message = format!("`{variant}` tells `{}` twice", column.name());
            return Err(Error::new_spanned(variant, message));
        }
    }
    Ok(())
}

fn nothing_deletes_twice(delete_on: &[Ident]) -> Result<()> {
    for (place, variant) in delete_on.iter().enumerate() {
        if delete_on[..place].contains(variant) {
            let message = format!("`{variant}` is named twice in `delete_on`");
            return Err(Error::new_spanned(variant, message));
        }
    }
    Ok(())
}

fn nothing_is_told_of_deleted_rows(declaration: &Declaration) -> Result<()> {
    for variant in &declaration.delete_on {
        if declaration.create_on.contains(variant) {
            let message = format!("`{variant}` cannot both create and delete a row");
            return Err(Error::new_spanned(variant, message));
        }
        for column in declaration.beside_the_key() {
            if let Some(told) = column.source.variants().find(|told| *told == variant) {
                let name = column.name();
                let message = format!("`{variant}` deletes the row, and `{name}` with it");
                return Err(Error::new_spanned(told, message));
            }
        }
    }
    Ok(())
}

/// An event that does not tell the whole key has no row, so that nothing it says would count.
fn every_event_tells_the_key(declaration: &Declaration) -> Result<()> {
    let mut named = declaration.changing();
    named.extend(&declaration.delete_on);
    let told_keys = declaration
        .keys()
        .into_iter()
        .filter(|key| matches!(key.source, Source::Told(_)));
    for key in told_keys {
        let tells = |variant: &Ident| key.source.variants().any(|it| it == variant);
        if let Some(variant) = named.iter().find(|variant| !tells(variant)) {
            let name = key.name();
            let message = format!(
                "`{variant}` does not tell which row: name it in the `from` of key `{name}`"
            );
            return Err(Error::new_spanned(variant, message));
        }
    }
    Ok(())
}

/// A new row has a value in each column that only events can fill.
fn new_rows_have_a_value(declaration: &Declaration, column: &Column) -> Result<()> {
    let Source::Told(_) = column.source else {
        return Ok(());
    };
    if column.is_optional() {
        return Ok(());
    }
    let name = column.name();
    if declaration.creates(None) {
        let message = format!(
            "a row that any event creates may know no `{name}`: make it an `Option`, or name the \
             events that create rows, `#[projection(create_on(…))]`"
        );
        return Err(Error::new_spanned(&column.field, message));
    }
    let tells = |variant: &Ident| column.source.variants().any(|it| it == variant);
    let mut changing = declaration.changing().into_iter();
    if let Some(variant) = changing.find(|it| declaration.creates(Some(it)) && !tells(it)) {
        let message = format!(
            "a row that `{variant}` creates knows no `{name}`: name `{variant}` in its `from`, make \
             it an `Option`, or let other events create rows, `#[projection(create_on(…))]`"
        );
        return Err(Error::new_spanned(&column.field, message));
    }
    Ok(())
}
