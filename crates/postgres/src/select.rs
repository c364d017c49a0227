//! Selections as statements: names from declarations, values as parameters.

use annals_core::{Beyond, Condition, Edition, Operator, Order, QueryError, Select, Value};

use crate::tables::{comma_separated, in_read_schema, quoted, selected, words};

#[cfg(test)]
mod tests;

/// The statement of a selection, and its parameters.
pub(crate) fn statement(select: Select) -> Result<(String, Vec<Value>), QueryError> {
    let shape = select.table;
    let (columns, table) = (
        selected(shape.columns),
        in_read_schema(shape.name, Edition::Current),
    );
    let order = order_by(&select);
    let place = select.order_columns();
    let (mut terms, mut values) = (Vec::new(), Vec::new());
    for condition in select.conditions {
        match without_value(&condition) {
            Some(term) => terms.push(term),
            None => {
                terms.push(term(&condition, values.len() + 1)?);
                values.push(condition.value);
            }
        }
    }
    if let Some(after) = select.after {
        terms.push(beyond(place, &after, values.len() + 1)?);
        values.extend(after.key);
    }
    values.push(Value::Integer(select.limit.into()));
    let (filter, limit) = (filter(&terms), values.len());
    let sql = format!("select {columns} from {table}{filter} order by {order} limit ${limit}");
    Ok((sql, values))
}

fn filter(terms: &[String]) -> String {
    match terms {
        [] => String::new(),
        terms => format!(" where {}", terms.join(" and ")),
    }
}

/// A condition that is decided without its value.
fn without_value(condition: &Condition) -> Option<String> {
    match (condition.operator, &condition.value) {
        (Operator::Is, Value::Null) => Some(format!("{} is null", quoted(condition.column))),
        // Nothing compares with nothing.
        (_, Value::Null) => Some("false".to_owned()),
        // No row holds it.
        (_, value) if value.holds_nul() => Some("false".to_owned()),
        _ => None,
    }
}

/// A condition whose value is the parameter at a place.
fn term(condition: &Condition, place: usize) -> Result<String, QueryError> {
    let column = quoted(condition.column);
    let value = match condition.value {
        Value::Json(_) => format!("${place}::jsonb"),
        _ => format!("${place}"),
    };
    Ok(match condition.operator {
        Operator::Contains => format!("{column} @> {value}"),
        Operator::Matches => {
            let words = words(condition.column);
            format!("{words} @@ plainto_tsquery('simple', {value})")
        }
        operator => format!("{column} {} {value}", comparison(operator)?),
    })
}

/// Only rows that come after the one whose values are the parameters from a place on.
fn beyond(
    columns: impl Iterator<Item = &'static str>,
    after: &Beyond,
    place: usize,
) -> Result<String, QueryError> {
    let names = comma_separated(columns.take(after.key.len()).map(quoted));
    let places = (place..).take(after.key.len());
    let places = comma_separated(places.map(|place| format!("${place}")));
    Ok(format!(
        "({names}) {} ({places})",
        comparison(after.operator)?
    ))
}

fn comparison(operator: Operator) -> Result<&'static str, QueryError> {
    match operator {
        Operator::Is => Ok("="),
        Operator::AtLeast => Ok(">="),
        Operator::Above => Ok(">"),
        Operator::AtMost => Ok("<="),
        Operator::Below => Ok("<"),
        _ => Err(QueryError::Unsupported {
            what: "compare in this way".to_owned(),
        }),
    }
}

fn order_by(select: &Select) -> String {
    let direction = match select.order {
        Order::Ascending => "asc",
        Order::Descending => "desc",
    };
    comma_separated(
        select
            .order_columns()
            .map(|column| format!("{} {direction}", quoted(column))),
    )
}
