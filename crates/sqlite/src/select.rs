//! Selections as statements.

use annals_core::{Condition, Operator, Order, QueryError, Select, Value};

use crate::tables::{names, quoted};

#[cfg(test)]
mod tests;

/// The statement of a selection, and its parameters. Names are those of the declaration.
pub(crate) fn statement(select: Select) -> Result<(String, Vec<Value>), QueryError> {
    let shape = select.table;
    let (columns, table) = (names(shape.columns), quoted(shape.name));
    let order = order_by(&select);
    let place = select.order_columns().map(quoted);
    let (mut terms, mut values) = (Vec::new(), Vec::new());
    for condition in select.conditions {
        terms.push(term(&condition)?);
        values.push(condition.value);
    }
    if let Some(after) = select.after {
        let place = place.take(after.key.len()).collect::<Vec<_>>().join(", ");
        let places = vec!["?"; after.key.len()].join(", ");
        terms.push(format!(
            "({place}) {} ({places})",
            comparison(after.operator)?
        ));
        values.extend(after.key);
    }
    values.push(Value::Integer(select.limit.into()));
    let filter = match terms.as_slice() {
        [] => String::new(),
        terms => format!("where {}", terms.join(" and ")),
    };
    let sql = format!("select {columns} from {table} {filter} order by {order} limit ?");
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

fn order_by(select: &Select) -> String {
    let direction = match select.order {
        Order::Ascending => "asc",
        Order::Descending => "desc",
    };
    let columns = select
        .order_columns()
        .map(|column| format!("{} {direction}", quoted(column)));
    columns.collect::<Vec<_>>().join(", ")
}
