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
    if let Some(after) = select.after {
        let names = quoted_list(&keys[..after.key.len()]);
        let places = vec!["?"; after.key.len()].join(", ");
        terms.push(format!(
            "({names}) {} ({places})",
            comparison(after.operator)?
        ));
        values.extend(after.key);
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
        operator => comparison(operator)?,
    };
    Ok(format!("{} {operator} ?", quoted(condition.column)))
}

fn comparison(operator: Operator) -> Result<&'static str, QueryError> {
    match operator {
        // Only so an index over what is not null serves.
        Operator::Is => Ok("="),
        Operator::AtLeast => Ok(">="),
        Operator::Above => Ok(">"),
        Operator::AtMost => Ok("<="),
        Operator::Below => Ok("<"),
        Operator::Contains => Err(unsupported("look into JSON")),
        Operator::Matches => Err(unsupported("search for words")),
        _ => Err(unsupported("compare like this")),
    }
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
