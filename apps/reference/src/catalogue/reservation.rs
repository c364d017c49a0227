//! What is held of the stock for an order, and what may become of it.
//!
//! ```text
//!             reserve               sell            restock
//!   (nothing) ───────▶ reserved ───────────▶ sold ───────────▶ restocked
//!       │                  │
//!       └──── release ─────┴──▶ released
//! ```
//!
//! The rules are here; a database only loads, locks and writes what they say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::ProductId;

/// What was asked of the stock for an order, by product.
pub type Quantities = BTreeMap<ProductId, u64>;

/// What is held for an order, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// How it is.
    pub state: ReservationState,
    /// What was reserved. Nothing, if it was released before that.
    pub lines: Quantities,
}

/// How a reservation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReservationState {
    /// It is kept for the order.
    Reserved,
    /// It is on the shelf again, and nothing is ever reserved for the order.
    Released,
    /// It has left for good.
    Sold,
    /// It was sold, and came back.
    Restocked,
}

/// What is asked of the stock for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Movement {
    /// To keep it for the order: all or nothing.
    Reserve(Quantities),
    /// To give back what is kept, and to keep nothing later.
    Release,
    /// To let go for good what is kept.
    Sell,
    /// To take back what was sold.
    Restock,
}

/// Why the stock is not moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(
    tag = "rule",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum StockRefusal {
    /// Not all of it is there. **Do:** order less, or something else.
    #[error("{} products are short, {} are not known", short.len(), unknown.len())]
    Short {
        /// Of what there is too little.
        short: Vec<ShortLine>,
        /// What the catalogue does not have.
        unknown: Vec<ProductId>,
    },
    /// Something else is held for the order. **Do:** release it; what changed is another order.
    #[error("something else is reserved for the order")]
    ReservedOtherwise,
    /// The order was given up. **Do:** place another order.
    #[error("the stock of the order was given back")]
    GivenBack,
    /// It was sold. **Do:** restock the order.
    #[error("the stock of the order is sold")]
    AlreadySold,
    /// Nothing is kept for the order. **Do:** reserve first.
    #[error("nothing is reserved for the order")]
    NotReserved,
    /// Nothing was sold. **Do:** release what is kept.
    #[error("nothing of the order is sold")]
    NotSold,
}

/// A product of which there is too little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShortLine {
    /// Which one.
    pub product_id: ProductId,
    /// How many were asked for.
    pub asked: u64,
    /// How many are left.
    pub left: u64,
}

/// Where all of a product is that was ever put in: `on_shelf + reserved + sold = put_in`, always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockCount {
    /// Which product.
    pub product_id: ProductId,
    /// Free to be reserved.
    pub on_shelf: u64,
    /// Kept for orders.
    pub reserved: u64,
    /// Gone for good.
    pub sold: u64,
    /// Put in by people, less what they took out.
    pub put_in: u64,
}

impl Movement {
    /// The reservation after it, from the one before and from what is on the shelf of the products it
    /// names. One that was made before is made again without effect.
    pub(super) fn decide(
        self,
        before: Option<&Reservation>,
        on_shelf: &Quantities,
    ) -> Result<Reservation, StockRefusal> {
        use ReservationState as S;
        let state = before.map(|it| it.state);
        match self {
            Self::Reserve(lines) => reserve(before, lines, on_shelf),
            Self::Release => match state {
                Some(S::Sold) => Err(StockRefusal::AlreadySold),
                Some(S::Restocked) => Ok(Reservation::of(before, S::Restocked)),
                None | Some(S::Reserved | S::Released) => Ok(Reservation::of(before, S::Released)),
            },
            Self::Sell => match state {
                Some(S::Reserved | S::Sold) => Ok(Reservation::of(before, S::Sold)),
                None | Some(S::Released | S::Restocked) => Err(StockRefusal::NotReserved),
            },
            Self::Restock => match state {
                Some(S::Sold | S::Restocked) => Ok(Reservation::of(before, S::Restocked)),
                None | Some(S::Reserved | S::Released) => Err(StockRefusal::NotSold),
            },
        }
    }

    /// The products it is about: those it names, and those that are held.
    pub(super) fn products(&self, before: Option<&Reservation>) -> Vec<ProductId> {
        match (self, before) {
            (_, Some(held)) => held.lines.keys().cloned().collect(),
            (Self::Reserve(lines), None) => lines.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }
}

fn reserve(
    before: Option<&Reservation>,
    lines: Quantities,
    on_shelf: &Quantities,
) -> Result<Reservation, StockRefusal> {
    use ReservationState as S;
    match before {
        None => check_enough(&lines, on_shelf)?,
        Some(held) if matches!(held.state, S::Released | S::Restocked) => {
            return Err(StockRefusal::GivenBack);
        }
        Some(held) if held.lines != lines => return Err(StockRefusal::ReservedOtherwise),
        Some(held) => return Ok(held.clone()),
    }
    let state = S::Reserved;
    Ok(Reservation { state, lines })
}

fn check_enough(lines: &Quantities, on_shelf: &Quantities) -> Result<(), StockRefusal> {
    let (mut short, mut unknown) = (Vec::new(), Vec::new());
    for (product_id, &asked) in lines {
        match on_shelf.get(product_id) {
            None => unknown.push(product_id.clone()),
            Some(&left) if left < asked => short.push(ShortLine {
                product_id: product_id.clone(),
                asked,
                left,
            }),
            Some(_) => {}
        }
    }
    if short.is_empty() && unknown.is_empty() {
        return Ok(());
    }
    Err(StockRefusal::Short { short, unknown })
}

impl Reservation {
    fn of(before: Option<&Self>, state: ReservationState) -> Self {
        let lines = before.map(|it| it.lines.clone()).unwrap_or_default();
        Self { state, lines }
    }

    /// What is not on the shelf because of it.
    fn held(&self, product: &ProductId) -> u64 {
        match self.state {
            ReservationState::Reserved | ReservationState::Sold => {
                self.lines.get(product).copied().unwrap_or_default()
            }
            ReservationState::Released | ReservationState::Restocked => 0,
        }
    }

    /// What is on the shelf afterwards of each product of which there is more or less than before.
    pub(super) fn shelf_after(&self, before: Option<&Self>, on_shelf: &Quantities) -> Quantities {
        let moved = on_shelf.iter().filter_map(|(product, &left)| {
            let (was, is) = (before.map_or(0, |it| it.held(product)), self.held(product));
            (was != is).then(|| (product.clone(), left + was - is))
        });
        moved.collect()
    }
}

impl ReservationState {
    /// The word for it, as it is stored.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Released => "released",
            Self::Sold => "sold",
            Self::Restocked => "restocked",
        }
    }

    /// Reads the word for it.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Reserved, Self::Released, Self::Sold, Self::Restocked];
        all.into_iter().find(|state| state.word() == word)
    }
}

#[cfg(test)]
mod tests;
