//! Which events a page holds, as SQL.

use annals_core::{Direction, Query, QueryItem, Source};
use tokio_postgres::types::{ToSql, Type};

use crate::postgres::{Parameter, Postgres};
use crate::record::COLUMNS;

#[cfg(test)]
mod tests;

/// The column of the head, after those of the event.
pub(crate) const HEAD: usize = 12;

/// So many events that have a tag are not told from more.
const MANY: usize = 1_000;

/// A statement with its parameters.
#[derive(Default)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    /// True if each row ends with the [`HEAD`], and there is one even without any event.
    pub(crate) tells_head: bool,
    values: Vec<Value>,
}

enum Value {
    Number(i64),
    Text(String),
    Texts(Vec<String>),
}

/// The bounds of a page: positions or versions, exclusive, in the direction of reading.
#[derive(Clone, Copy)]
pub(crate) struct Bounds<'a> {
    pub(crate) source: &'a Source,
    pub(crate) direction: Direction,
    pub(crate) most: u64,
}

impl Bounds<'_> {
    /// The statement that reads the page.
    pub(crate) fn page(&self, postgres: &Postgres) -> Statement {
        let mut statement = Statement::default();
        statement.sql = postgres.sql(&self.select(&mut statement));
        statement
    }

    /// The statement that reads the page, and the head of the same state of the store.
    pub(crate) fn page_with_head(&self, postgres: &Postgres) -> Statement {
        let mut statement = Statement {
            tells_head: true,
            ..Statement::default()
        };
        let page = self.select(&mut statement);
        statement.sql = postgres.sql(&format!(
            "select page.*, store.head
             from (select coalesce(max(position), 0) as head from {{schema}}.events) store
             left join lateral ({page}) page on true"
        ));
        statement
    }

    fn select(&self, statement: &mut Statement) -> String {
        match self.source {
            Source::Stream { stream, after } => {
                let stream = statement.value(Value::Text(stream.as_str().to_owned()));
                let after = after.map(|version| version.0);
                let bound = self.beyond("e.version", after, statement);
                self.of_events(
                    &format!("e.stream = {stream}{bound}"),
                    "e.version",
                    statement,
                )
            }
            Source::Query { query, after } => {
                let after = after.map(|position| position.0);
                if query.items().is_empty() {
                    let bound = self.beyond("e.position", after, statement);
                    self.of_events(&format!("true{bound}"), "e.position", statement)
                } else {
                    self.of_items(query, after, statement)
                }
            }
        }
    }

    fn of_events(&self, condition: &str, order: &str, statement: &mut Statement) -> String {
        let (way, most) = (self.way(), self.limit(statement));
        format!(
            "select {COLUMNS} from {{schema}}.events e where {condition} order by {order} {way} limit {most}"
        )
    }

    /// The positions of each item, from an index and so in order, then the events at the first of them.
    fn of_items(&self, query: &Query, after: Option<u64>, statement: &mut Statement) -> String {
        let items: Vec<String> = query
            .items()
            .iter()
            .map(|item| format!("({})", self.of_item(item, after, statement)))
            .collect();
        let (way, most) = (self.way(), self.limit(statement));
        let positions = items.join(" union ");
        format!(
            "select {COLUMNS} from (select position from ({positions}) found order by position {way} limit {most}) page
             join {{schema}}.events e on e.position = page.position order by e.position {way}"
        )
    }

    fn of_item(&self, item: &QueryItem, after: Option<u64>, statement: &mut Statement) -> String {
        let kinds = kinds(item, statement);
        if !item.tags.is_empty() {
            return self.of_tags(item, kinds.as_deref(), after, statement);
        }
        if let Some(kinds) = kinds {
            return self.of_kinds(&kinds, after, statement);
        }
        let (way, most) = (self.way(), self.limit(statement));
        let bound = self.beyond("e.position", after, statement);
        format!(
            "select e.position from {{schema}}.events e where true{bound}
             order by e.position {way} limit {most}"
        )
    }

    /// The kind is bounded from both sides and never equalled: in the order of kind and position
    /// there is one index, and the planner would rather read all events in the order of positions.
    fn of_kinds(&self, kinds: &str, after: Option<u64>, statement: &mut Statement) -> String {
        let (way, most) = (self.way(), self.limit(statement));
        let after = after.map(|after| i64::try_from(after).unwrap_or(i64::MAX));
        let (from, to, start) = match self.direction {
            Direction::Forwards => (">", "<=", 0),
            Direction::Backwards => ("<", ">=", i64::MAX),
        };
        let after = statement.value(Value::Number(after.unwrap_or(start)));
        format!(
            "select p.position from ({kinds}) k cross join lateral (
               select e.position from {{schema}}.events e
               where (e.kind, e.position) {from} (k.id, {after}) and e.kind {to} k.id
               order by e.kind {way}, e.position {way} limit {most}) p
             order by p.position {way} limit {most}"
        )
    }

    /// Along one of the tags, those that have the others too, and are of one of the kinds.
    fn of_tags(
        &self,
        item: &QueryItem,
        kinds: Option<&str>,
        after: Option<u64>,
        statement: &mut Statement,
    ) -> String {
        let tags = item.tags.iter().map(|tag| tag.as_str().to_owned());
        let tags = statement.value(Value::Texts(tags.collect()));
        let bound = self.beyond("t.position", after, statement);
        let mut condition = if item.tags.len() == 1 {
            format!("t.tag = ({tags})[1]{bound}")
        } else {
            let along = rarest(&tags, &bound);
            format!(
                "t.tag = ({along}){bound}
                 and not exists (select from unnest({tags}) w (tag) where not exists (
                   select from {{schema}}.tags o where o.tag = w.tag and o.position = t.position))"
            )
        };
        if let Some(kinds) = kinds {
            condition += &format!(
                " and exists (select from {{schema}}.events e where e.position = t.position and e.kind in ({kinds}))"
            );
        }
        let (way, most) = (self.way(), self.limit(statement));
        format!(
            "select t.position from {{schema}}.tags t where {condition} order by t.position {way} limit {most}"
        )
    }

    fn limit(&self, statement: &mut Statement) -> String {
        statement.value(Value::Number(i64::try_from(self.most).unwrap_or(i64::MAX)))
    }

    fn way(&self) -> &'static str {
        match self.direction {
            Direction::Forwards => "asc",
            Direction::Backwards => "desc",
        }
    }

    fn beyond(&self, column: &str, after: Option<u64>, statement: &mut Statement) -> String {
        let Some(after) = after else {
            return String::new();
        };
        let after = statement.value(Value::Number(i64::try_from(after).unwrap_or(i64::MAX)));
        match self.direction {
            Direction::Forwards => format!(" and {column} > {after}"),
            Direction::Backwards => format!(" and {column} < {after}"),
        }
    }
}

/// Of several tags one that few events have: looked at closely enough to tell few from many.
fn rarest(tags: &str, bound: &str) -> String {
    format!(
        "select w.tag from unnest({tags}) w (tag) order by (
           select count(*) from (
             select from {{schema}}.tags t where t.tag = w.tag{bound} limit {MANY}) counted) limit 1"
    )
}

/// The numbers of the kinds of an item; none: it takes all kinds.
fn kinds(item: &QueryItem, statement: &mut Statement) -> Option<String> {
    if item.categories.is_empty() && item.types.is_empty() {
        return None;
    }
    let mut conditions = Vec::new();
    if !item.categories.is_empty() {
        let categories = item.categories.iter().cloned().collect();
        let categories = statement.value(Value::Texts(categories));
        conditions.push(format!("k.category = any ({categories})"));
    }
    if !item.types.is_empty() {
        let types = item
            .types
            .iter()
            .map(|kind| kind.as_str().to_owned())
            .collect();
        let types = statement.value(Value::Texts(types));
        conditions.push(format!("k.event_type = any ({types})"));
    }
    Some(format!(
        "select k.id from {{schema}}.kinds k where {}",
        conditions.join(" and ")
    ))
}

impl Statement {
    /// The place of a value.
    fn value(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    pub(crate) fn parameters(&self) -> Vec<Parameter<'_>> {
        let parameters = self.values.iter().map(|value| match value {
            Value::Number(number) => (number as &(dyn ToSql + Sync), Type::INT8),
            Value::Text(text) => (text as &(dyn ToSql + Sync), Type::TEXT),
            Value::Texts(texts) => (texts as &(dyn ToSql + Sync), Type::TEXT_ARRAY),
        });
        parameters.collect()
    }
}
