//! Selections as statements: names from declarations, values as parameters.

use annals_core::{Column, Condition, Operator, Order, QueryError, Select, Value};

use crate::tables::{comma_separated, in_read_schema, key_columns, names, quoted, selected, words};

#[cfg(test)]
mod tests;

/// The statement of a selection, and its parameters.
pub(crate) fn statement(select: Select) -> Result<(String, Vec<Value>), QueryError> {
    let (columns, table) = (selected(select.columns), in_read_schema(select.table));
    let order = order_by(select.columns, select.order);
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
    if let Some(key) = select.after {
        terms.push(beyond(select.columns, select.order, values.len() + 1));
        values.extend(key);
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
        (Operator::Is, value) if value.holds_nul() => Some("false".to_owned()),
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
        Operator::Is => format!("{column} = {value}"),
        Operator::AtLeast => format!("{column} >= {value}"),
        Operator::Above => format!("{column} > {value}"),
        Operator::AtMost => format!("{column} <= {value}"),
        Operator::Below => format!("{column} < {value}"),
        Operator::Contains => format!("{column} @> {value}"),
        Operator::Matches => {
            let words = words(condition.column);
            format!("{words} @@ websearch_to_tsquery('simple', {value})")
        }
        _ => {
            let what = "compare in this way".to_owned();
            return Err(QueryError::Unsupported { what });
        }
    })
}

/// Only rows whose key comes after the one whose values are the parameters from a place on.
fn beyond(columns: &'static [Column], order: Order, place: usize) -> String {
    let operator = match order {
        Order::Ascending => ">",
        Order::Descending => "<",
    };
    let places = key_columns(columns)
        .zip(place..)
        .map(|(_, place)| format!("${place}"));
    let (names, places) = (names(key_columns(columns)), comma_separated(places));
    format!("({names}) {operator} ({places})")
}

fn order_by(columns: &'static [Column], order: Order) -> String {
    let direction = match order {
        Order::Ascending => "asc",
        Order::Descending => "desc",
    };
    comma_separated(key_columns(columns).map(|key| format!("{} {direction}", quoted(key.name))))
}
