//! The routes of rows: what is in a read model, and what was in it.

use std::sync::Arc;

use annals_core::{
    Beyond, Column, ColumnKind, Condition, Operator, Order, ReadModels, Select, TableFold,
    TableShape, Value,
};
use annals_runtime::PastPhase;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::Operations;
use super::past::PastKey;
use super::projections::ProjectionName;
use super::rebuilding::values;
use crate::answer::Answer;
use crate::faults::Faults;
use crate::fields::{Fields, FromFields};
use crate::openapi::query_parameter;
use crate::page::{Cursor, Page, PageRequest};
use crate::parameters::Parameters;
use crate::problem::Problem;

/// The place of a row: its table and its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Place {
    table: String,
    key: Vec<serde_json::Value>,
}

impl Cursor for Place {
    const COLLECTION: &'static str = "rows";
}

/// Which rows of a read model.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    /// Of which table; none where there is one only.
    table: Option<String>,
    /// Only those with this value in the first column of their key.
    key: Option<String>,
    page: PageRequest<Place>,
}

impl FromFields for Rows {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let table = fields.query("table", str::parse);
        let key = fields.query("key", str::parse);
        let page = PageRequest::from_fields(fields)?;
        Some(Self { table, key, page })
    }
}

impl utoipa::IntoParams for Rows {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let table = "Of which table; to be given if the read model has several.";
        let key = "Only rows with this value in the first column of their key.";
        let mut parameters = <PageRequest<Place> as utoipa::IntoParams>::into_params(parameter_in);
        parameters.extend([
            query_parameter("table", table, utoipa::schema!(String)),
            query_parameter("key", key, utoipa::schema!(String)),
        ]);
        parameters
    }
}

/// A row: its columns by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub(super) struct RowView(serde_json::Map<String, serde_json::Value>);

impl RowView {
    fn of(table: &TableShape, row: &[Value]) -> Self {
        let names = table.columns.iter().map(|column| column.name.to_owned());
        Self(names.zip(values(row)).collect())
    }
}

impl Rows {
    async fn read(
        &self,
        read_models: &dyn ReadModels,
        fold: &TableFold,
    ) -> Result<Answer<Page<RowView>>, Problem> {
        let table = self.table_of(fold)?;
        let select = Select {
            table,
            conditions: self.conditions(&table)?,
            by: None,
            after: self.beyond(&table)?,
            order: Order::Ascending,
            limit: self.page.rows_to_read(),
        };
        let rows = match read_models.select(select).await {
            Ok(rows) => rows,
            Err(error) => return Err(read_models.explain(table.name, error).await.into()),
        };
        let page = self.page.page(rows, |row| Place {
            table: table.name.to_owned(),
            key: values(&table.key_of(row)),
        });
        Ok(Answer::ok(Page {
            data: page
                .data
                .iter()
                .map(|row| RowView::of(&table, row))
                .collect(),
            pagination: page.pagination,
        }))
    }

    fn table_of(&self, fold: &TableFold) -> Result<TableShape, Problem> {
        let found = match (&self.table, fold.tables()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), tables) => tables.iter().find(|table| table.name == name),
        };
        let names: Vec<_> = fold.tables().iter().map(|table| table.name).collect();
        let fault = || invalid("table", format!("must be one of {}", names.join(", ")));
        found.copied().ok_or_else(fault)
    }

    fn conditions(&self, table: &TableShape) -> Result<Vec<Condition>, Problem> {
        let (Some(text), Some(column)) = (&self.key, table.key_columns().next()) else {
            return Ok(Vec::new());
        };
        let value = match column.kind {
            ColumnKind::Integer => text.parse().ok().map(Value::Integer),
            ColumnKind::Text => Some(Value::Text(text.clone())),
            _ => None,
        };
        let fault = || invalid("key", format!("is no {}", column.name));
        Ok(vec![Condition {
            column: column.name,
            operator: Operator::Is,
            value: value.ok_or_else(fault)?,
        }])
    }

    fn beyond(&self, table: &TableShape) -> Result<Option<Beyond>, Problem> {
        let Some(place) = &self.page.after else {
            return Ok(None);
        };
        let columns = table.key_columns();
        let key: Option<Vec<Value>> = columns.zip(&place.key).map(key_value).collect();
        let key = key.filter(|key| {
            place.table == table.name && !key.is_empty() && key.len() == place.key.len()
        });
        let fault = || invalid("cursor", "is of another table".to_owned());
        Ok(Some(Beyond {
            operator: Operator::Above,
            key: key.ok_or_else(fault)?,
        }))
    }
}

/// A value of a key, back from a cursor.
fn key_value((column, value): (&Column, &serde_json::Value)) -> Option<Value> {
    let value = match column.kind {
        ColumnKind::Integer => Value::Integer(value.as_i64()?),
        ColumnKind::Text => Value::Text(value.as_str()?.to_owned()),
        _ => return None,
    };
    (!value.holds_nul()).then_some(value)
}

fn invalid(field: &str, message: String) -> Problem {
    let mut faults = Faults::default();
    faults.add(field, message);
    Problem::invalid(faults)
}

/// What is in a read model, in the order of its keys. 404 where the service keeps no read models of
/// the past: both are read in the same way.
#[utoipa::path(
    get,
    path = "/projections/{name}/rows",
    tag = "operations",
    params(ProjectionName, Rows),
    responses(
        (status = 200, body = Page<RowView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_rows(
    State(operations): State<Arc<Operations>>,
    Parameters((name, rows)): Parameters<(ProjectionName, Rows)>,
) -> Result<Answer<Page<RowView>>, Problem> {
    let (pasts, fold) = operations.pasts(&name)?;
    rows.read(&**pasts.read_models(), fold).await
}

/// What was in a read model, in the order of its keys.
#[utoipa::path(
    get,
    path = "/projections/{name}/past/{id}/rows",
    tag = "operations",
    params(ProjectionName, PastKey, Rows),
    responses(
        (status = 200, body = Page<RowView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_past_rows(
    State(operations): State<Arc<Operations>>,
    Parameters((name, key, rows)): Parameters<(ProjectionName, PastKey, Rows)>,
) -> Result<Answer<Page<RowView>>, Problem> {
    let (_, fold) = operations.pasts(&name)?;
    let past = operations.past(&name, &key)?;
    let Some(past) = past.past() else {
        return Err(not_complete(past.progress().phase));
    };
    let answer = rows.read(&**past.read_models(), fold).await?;
    Ok(answer.position(past.position()))
}

fn not_complete(phase: PastPhase) -> Problem {
    match phase {
        PastPhase::Failed(error) => error.into(),
        _ => {
            let title = "The read model of the past is not complete yet";
            Problem::new(StatusCode::CONFLICT, "not-complete", title)
        }
    }
}
