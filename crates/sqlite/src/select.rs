//! Selections as statements.

use annals_core::{Condition, Operator, Order, QueryError, Select, Value};

use crate::schema::{columns, key_columns, quoted, quoted_list};

#[cfg(test)]
mod tests;

/// The statement of a selection, and its parameters. Names are those of the declaration.
pub(crate) fn statement(select: Select) -> Result<(String, Vec<Value>), QueryError> {
    let (names, table) = (quoted_list(&columns(select.columns)), quoted(select.table));
    let keys = key_columns(select.columns);
    let (order, limit) = (
        order_by(&keys, select.order),
        Value::Integer(select.limit.into()),
    );
    let (mut terms, mut values) = (Vec::new(), Vec::new());
    for condition in select.conditions {
        terms.push(term(&condition)?);
        values.push(condition.value);
    }
    if let Some(key) = select.after {
        let (names, beyond) = (quoted_list(&keys), beyond(select.order));
        let places = vec!["?"; key.len()].join(", ");
        terms.push(format!("({names}) {beyond} ({places})"));
        values.extend(key);
    }
    values.push(limit);
    let filter = match terms.as_slice() {
        [] => String::new(),
        terms => format!("where {}", terms.join(" and ")),
    };
    let sql = format!("select {names} from {table} {filter} order by {order} limit ?");
    Ok((sql, values))
}

/// The condition with a place for its value.
fn term(condition: &Condition) -> Result<String, QueryError> {
    let operator = match condition.operator {
        Operator::Is if condition.value == Value::Null => "is",
        // Only so an index over what is not null serves.
        Operator::Is => "=",
        Operator::AtLeast => ">=",
        Operator::Above => ">",
        Operator::AtMost => "<=",
        Operator::Below => "<",
        Operator::Contains => return Err(unsupported("look into JSON")),
        Operator::Matches => return Err(unsupported("search for words")),
        _ => return Err(unsupported("compare like this")),
    };
    Ok(format!("{} {operator} ?", quoted(condition.column)))
}

fn unsupported(what: &str) -> QueryError {
    QueryError::Unsupported {
        what: what.to_owned(),
    }
}

fn order_by(keys: &[&str], order: Order) -> String {
    let direction = match order {
        Order::Ascending => "asc",
        Order::Descending => "desc",
    };
    let keys = keys
        .iter()
        .map(|key| format!("{} {direction}", quoted(key)));
    keys.collect::<Vec<_>>().join(", ")
}

fn beyond(order: Order) -> &'static str {
    match order {
        Order::Ascending => ">",
        Order::Descending => "<",
    }
}
