//! Commands that move stock for an order, each of them once.

use std::num::NonZeroU32;
use std::sync::Arc;

use annals::runtime::{CommandContext, CommandFault, CommandHandler};
use annals::{Command, FieldFault};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::SetOnce;

use super::contract::Catalogue;
use super::ids::{OrderId, ProductId};
use super::reservation::{Movement, Quantities, Reservation, StockRefusal};

/// So many of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockLine {
    /// Which product.
    pub product_id: ProductId,
    /// How many.
    pub quantity: NonZeroU32,
}

/// Keep stock for an order: all lines or none. A product that is named twice is kept as often. One without
/// lines, or with more than an order can have, is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveStock {
    /// For which order.
    pub order_id: OrderId,
    /// How many of what.
    pub lines: Vec<StockLine>,
}

/// Give back what is kept for an order. If nothing is, none is kept for it later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseStock {
    /// For which order.
    pub order_id: OrderId,
}

/// Let go for good what is kept for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SellStock {
    /// For which order.
    pub order_id: OrderId,
}

/// Take back what was sold to an order that was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestockOrder {
    /// For which order.
    pub order_id: OrderId,
}

/// A command that moves stock.
trait MovesStock: Command<Reply = Reservation, Refusal = StockRefusal> {
    fn movement(self) -> (OrderId, Movement);
}

impl MovesStock for ReserveStock {
    fn movement(self) -> (OrderId, Movement) {
        let mut quantities = Quantities::new();
        for line in self.lines {
            *quantities.entry(line.product_id).or_default() += u64::from(line.quantity.get());
        }
        (self.order_id, Movement::Reserve(quantities))
    }
}

/// A command that says nothing but the order.
macro_rules! moves_all_of_an_order {
    ($($command:ident => $movement:ident),+ $(,)?) => {
        $(impl MovesStock for $command {
            fn movement(self) -> (OrderId, Movement) {
                (self.order_id, Movement::$movement)
            }
        })+
    };
}

moves_all_of_an_order! {
    ReleaseStock => Release,
    SellStock => Sell,
    RestockOrder => Restock,
}

macro_rules! stock_commands {
    ($($command:ident),+ $(,)?) => {
        $(impl Command for $command {
            const NAME: &'static str = stringify!($command);
            type Reply = Reservation;
            type Refusal = StockRefusal;
        })+
    };
}

stock_commands![ReleaseStock, SellStock, RestockOrder];

impl Command for ReserveStock {
    const NAME: &'static str = "ReserveStock";
    type Reply = Reservation;
    type Refusal = StockRefusal;

    fn faults(&self) -> Vec<FieldFault> {
        let most = Self::MOST_LINES;
        let lines = self.lines.iter().enumerate();
        let mut faults: Vec<_> = lines
            .filter_map(|(index, line)| line.fault(index))
            .collect();
        if !(1..=most).contains(&self.lines.len()) {
            faults.push(FieldFault::new(
                "lines",
                format!("must have 1 to {most} entries"),
            ));
        }
        faults
    }
}

impl ReserveStock {
    /// Most lines.
    pub const MOST_LINES: usize = 100;

    /// Most of the product of one line.
    pub const MOST_OF_A_LINE: u32 = 10_000;
}

impl StockLine {
    /// What is wrong with its shape, as the line of this index.
    fn fault(&self, index: usize) -> Option<FieldFault> {
        let most = ReserveStock::MOST_OF_A_LINE;
        if self.quantity.get() <= most {
            return None;
        }
        let field = format!("lines[{index}].quantity");
        Some(FieldFault::new(field, format!("must be at most {most}")))
    }
}

/// Carries out the commands that move stock. Those that come before it [begins](Self::begin) wait.
#[derive(Debug, Clone, Default)]
pub struct StockKeeper(Arc<SetOnce<Arc<dyn Catalogue>>>);

impl StockKeeper {
    /// Begins with the stock of a catalogue, and stays with it.
    pub fn begin(&self, catalogue: &Arc<dyn Catalogue>) {
        // Whoever begins again keeps what there is.
        let _begun = self.0.set(Arc::clone(catalogue));
    }
}

#[async_trait]
impl<C: MovesStock> CommandHandler<C> for StockKeeper {
    async fn handle(
        &self,
        command: C,
        context: CommandContext,
    ) -> Result<Reservation, CommandFault<StockRefusal>> {
        let (order, movement) = command.movement();
        let catalogue = self.0.wait().await;
        Ok(catalogue.move_stock(&order, movement, &context).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reserve(lines: usize, quantity: u32) -> ReserveStock {
        let line = |number| StockLine {
            product_id: format!("p{number}").parse().unwrap(),
            quantity: quantity.try_into().unwrap(),
        };
        ReserveStock {
            order_id: "o-1".parse().unwrap(),
            lines: (0..lines).map(line).collect(),
        }
    }

    fn faulty_fields(command: &ReserveStock) -> Vec<String> {
        let faults = command.faults().into_iter();
        faults.map(|fault| fault.field).collect()
    }

    #[test]
    fn what_an_order_can_ask_for_can_be_reserved() {
        assert_eq!(reserve(1, 1).faults(), []);
        let most = reserve(ReserveStock::MOST_LINES, ReserveStock::MOST_OF_A_LINE);
        assert_eq!(most.faults(), []);
    }

    #[test]
    fn nothing_or_more_than_an_order_can_ask_for_is_rejected() {
        assert_eq!(faulty_fields(&reserve(0, 1)), ["lines"]);
        let too_long = reserve(ReserveStock::MOST_LINES + 1, 1);
        assert_eq!(faulty_fields(&too_long), ["lines"]);
        let too_much = reserve(2, ReserveStock::MOST_OF_A_LINE + 1);
        let fields = ["lines[0].quantity", "lines[1].quantity"];
        assert_eq!(faulty_fields(&too_much), fields);
    }
}
