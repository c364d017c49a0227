//! Stock, in PostgreSQL.

use annals::postgres::tokio_postgres::Row;
use annals::postgres::tokio_postgres::types::Type;

use super::Tables;
use crate::catalogue::error::{CatalogueError, WriteError};
use crate::catalogue::ids::{OrderId, ProductId};
use crate::catalogue::reservation::{
    Movement, Quantities, Reservation, ReservationState, StockCount, StockRefusal,
};
use crate::catalogue::stored::{not_as_written, quantities, stock_count, stored};

/// A reservation: its state with each of its lines, or alone if it has none.
pub(super) const RESERVATION: &str = "
    select state, product_id, quantity
    from {catalogue}.reservations left join {catalogue}.reservation_lines using (order_id)
    where order_id = $1";

/// In the order of ids, whatever the order of the lines: so two who want the same products wait for
/// each other at the first of them.
pub(super) const LOCK_PRODUCTS: &str = "
    select id, stock_quantity from {catalogue}.products
    where id = any($1) order by id for update";

const SET_SHELF: &str = "
    update {catalogue}.products
    set stock_quantity = shelf.quantity, version = version + 1
    from unnest($1::text[], $2::bigint[]) as shelf (id, quantity)
    where products.id = shelf.id";

const INSERT_LINES: &str = "
    insert into {catalogue}.reservation_lines (order_id, product_id, quantity)
    select $3, line.id, line.quantity
    from unnest($1::text[], $2::bigint[]) as line (id, quantity)";

pub(super) async fn carry_out(
    tables: Tables<'_>,
    order: OrderId,
    movement: Movement,
) -> Result<Reservation, WriteError<StockRefusal>> {
    lock_order(tables, &order).await?;
    let id = order.as_str();
    let before = read(&tables.rows(RESERVATION, &[(&id, Type::TEXT)]).await?)?;
    let on_shelf = lock_products(tables, &movement.products(before.as_ref())).await?;
    let after = movement.decide(before.as_ref(), &on_shelf)?;
    match before {
        None => insert(tables, &order, &after).await?,
        Some(_) => set_state(tables, &order, after.state).await?,
    }
    let shelf = after.shelf_after(before.as_ref(), &on_shelf);
    let (products, quantities) = columns(&shelf);
    let parameters = [
        (&products as _, Type::TEXT_ARRAY),
        (&quantities as _, Type::INT8_ARRAY),
    ];
    tables.execute(SET_SHELF, &parameters).await?;
    Ok(after)
}

/// Of those who move stock for one order, one goes on at a time. There may be no row yet that could be
/// locked.
async fn lock_order(tables: Tables<'_>, order: &OrderId) -> Result<(), CatalogueError> {
    let lock = "select pg_advisory_xact_lock(hashtextextended('{catalogue} order ' || $1, 0))";
    tables.rows(lock, &[(&order.as_str(), Type::TEXT)]).await?;
    Ok(())
}

async fn lock_products(
    tables: Tables<'_>,
    products: &[ProductId],
) -> Result<Quantities, CatalogueError> {
    let ids: Vec<&str> = products.iter().map(ProductId::as_str).collect();
    let rows = tables
        .rows(LOCK_PRODUCTS, &[(&ids, Type::TEXT_ARRAY)])
        .await?;
    let read = |row: &Row| Ok((row.try_get(0)?, row.try_get(1)?));
    quantities(
        rows.iter()
            .map(read)
            .collect::<Result<_, CatalogueError>>()?,
    )
}

async fn insert(
    tables: Tables<'_>,
    order: &OrderId,
    reservation: &Reservation,
) -> Result<(), CatalogueError> {
    let (id, state) = (order.as_str(), reservation.state.word());
    let insert = "insert into {catalogue}.reservations (order_id, state) values ($1, $2)";
    let parameters = [(&id as _, Type::TEXT), (&state as _, Type::TEXT)];
    tables.execute(insert, &parameters).await?;
    let (products, quantities) = columns(&reservation.lines);
    let parameters = [
        (&products as _, Type::TEXT_ARRAY),
        (&quantities as _, Type::INT8_ARRAY),
        (&id as _, Type::TEXT),
    ];
    tables.execute(INSERT_LINES, &parameters).await?;
    Ok(())
}

async fn set_state(
    tables: Tables<'_>,
    order: &OrderId,
    state: ReservationState,
) -> Result<(), CatalogueError> {
    let (id, state) = (order.as_str(), state.word());
    let update = "update {catalogue}.reservations set state = $2 where order_id = $1";
    let parameters = [(&id as _, Type::TEXT), (&state as _, Type::TEXT)];
    tables.execute(update, &parameters).await?;
    Ok(())
}

/// The same, as two columns.
fn columns(quantities: &Quantities) -> (Vec<&str>, Vec<i64>) {
    let rows = quantities.iter();
    rows.map(|(product, quantity)| (product.as_str(), stored(*quantity)))
        .unzip()
}

/// What is held for an order, from the rows of [`RESERVATION`].
fn read(rows: &[Row]) -> Result<Option<Reservation>, CatalogueError> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let word: &str = first.try_get(0)?;
    let state = ReservationState::of_word(word).ok_or_else(|| not_as_written("state", word))?;
    let mut lines = Vec::new();
    for row in rows {
        if let Some(product) = row.try_get(1)? {
            lines.push((product, row.try_get(2)?));
        }
    }
    let lines = quantities(lines)?;
    Ok(Some(Reservation { state, lines }))
}

pub(super) fn read_count(row: &Row) -> Result<StockCount, CatalogueError> {
    let counts = [
        row.try_get(1)?,
        row.try_get(2)?,
        row.try_get(3)?,
        row.try_get(4)?,
    ];
    stock_count(row.try_get(0)?, counts)
}
