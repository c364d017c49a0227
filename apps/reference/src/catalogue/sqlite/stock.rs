//! Stock, in SQLite.

use annals::sqlite::rusqlite::{self, Connection, OptionalExtension, Transaction, params};

use super::sql;
use crate::catalogue::error::{CatalogueError, WriteError};
use crate::catalogue::ids::{OrderId, ProductId};
use crate::catalogue::reservation::{
    Movement, Quantities, Reservation, ReservationState, StockRefusal,
};
use crate::catalogue::select::STOCK;
use crate::catalogue::stored::{not_as_written, quantities, stored};

pub(super) fn carry_out(
    tx: &Transaction<'_>,
    order: &OrderId,
    movement: Movement,
) -> Result<Reservation, WriteError<StockRefusal>> {
    let before = reservation(tx, order)?;
    let on_shelf = on_shelf(tx, &movement.products(before.as_ref()))?;
    let after = movement.decide(before.as_ref(), &on_shelf)?;
    match before {
        None => insert(tx, order, &after)?,
        Some(_) => set_state(tx, order, after.state)?,
    }
    for (product, quantity) in after.shelf_after(before.as_ref(), &on_shelf) {
        let mut update = tx.prepare_cached(
            "update products set stock_quantity = ?2, version = version + 1 where id = ?1",
        )?;
        update.execute(params![product.as_str(), stored(quantity)])?;
    }
    Ok(after)
}

fn reservation(
    tx: &Transaction<'_>,
    order: &OrderId,
) -> Result<Option<Reservation>, CatalogueError> {
    let mut find = tx.prepare_cached("select state from reservations where order_id = ?1")?;
    let word: Option<String> = find
        .query_row([order.as_str()], |row| row.get(0))
        .optional()?;
    let Some(word) = word else {
        return Ok(None);
    };
    let state = ReservationState::of_word(&word).ok_or_else(|| not_as_written("state", &word))?;
    let lines = "select product_id, quantity from reservation_lines where order_id = ?1";
    let mut lines = tx.prepare_cached(lines)?;
    let lines = lines.query_map([order.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let lines = quantities(lines.collect::<rusqlite::Result<_>>()?)?;
    Ok(Some(Reservation { state, lines }))
}

/// What is on the shelf of each product that is known.
fn on_shelf(tx: &Transaction<'_>, products: &[ProductId]) -> Result<Quantities, CatalogueError> {
    let mut find = tx.prepare_cached("select stock_quantity from products where id = ?1")?;
    let mut found = Vec::new();
    for product in products {
        let left = find
            .query_row([product.as_str()], |row| row.get(0))
            .optional()?;
        found.extend(left.map(|left| (product.to_string(), left)));
    }
    quantities(found)
}

fn insert(
    tx: &Transaction<'_>,
    order: &OrderId,
    reservation: &Reservation,
) -> rusqlite::Result<()> {
    let state = reservation.state.word();
    tx.prepare_cached("insert into reservations (order_id, state) values (?1, ?2)")?
        .execute([order.as_str(), state])?;
    let line = "insert into reservation_lines (order_id, product_id, quantity) values (?1, ?2, ?3)";
    let mut line = tx.prepare_cached(line)?;
    for (product, &quantity) in &reservation.lines {
        line.execute(params![order.as_str(), product.as_str(), stored(quantity)])?;
    }
    Ok(())
}

fn set_state(
    tx: &Transaction<'_>,
    order: &OrderId,
    state: ReservationState,
) -> rusqlite::Result<()> {
    tx.prepare_cached("update reservations set state = ?2 where order_id = ?1")?
        .execute([order.as_str(), state.word()])?;
    Ok(())
}

/// A row of stock: which product, on the shelf, reserved, sold, put in.
pub(super) fn counts(connection: &Connection) -> rusqlite::Result<Vec<(String, [i64; 4])>> {
    let mut counts = connection.prepare_cached(&sql(STOCK))?;
    let rows = counts.query_map([], |row| {
        let counts = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
        Ok((row.get(0)?, counts))
    })?;
    rows.collect()
}
