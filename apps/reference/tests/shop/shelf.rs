//! A catalogue of its own for each test, with some products on its shelf.

use std::sync::Arc;

use annals::runtime::{CommandContext, CommandFault, CommandHandler, IdempotencyKey};
use annals::{Command, Metadata};
use annals_reference::catalogue::postgres::PostgresCatalogue;
use annals_reference::catalogue::sqlite::SqliteCatalogue;
use annals_reference::catalogue::{
    Catalogue, CatalogueError, CatalogueRefusal, Category, NewProduct, ProductId, Quantities,
    ReleaseStock, Reservation, ReserveStock, RestockOrder, SellStock, StockCount, StockKeeper,
    StockLine, StockRefusal, WriteError,
};
use annals_reference::money::{Amount, Currency, Money};
use tempfile::TempDir;

use crate::schema::url_of_a_new_schema;

/// Makes tests of scenarios: each on a catalogue in a file, and on one in PostgreSQL.
macro_rules! on_each_shelf {
    ($($scenario:ident),+ $(,)?) => {
        mod in_a_file {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $scenario() {
                    super::$scenario(crate::shelf::Shelf::in_a_file().await).await;
                }
            )+
        }

        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $scenario() {
                    super::$scenario(crate::shelf::Shelf::on_postgres().await).await;
                }
            )+
        }
    };
}

pub(crate) use on_each_shelf;

/// How often somebody asks who gets no answer.
const ATTEMPTS: usize = 100;

/// A catalogue, and who moves its stock.
#[derive(Clone)]
pub(crate) struct Shelf {
    pub(crate) catalogue: Arc<dyn Catalogue>,
    stock: StockKeeper,
    /// Where the file is: gone with the shelf.
    _directory: Option<Arc<TempDir>>,
}

/// What a command led to.
pub(crate) type Moved = Result<Reservation, CommandFault<StockRefusal>>;

impl Shelf {
    pub(crate) async fn in_a_file() -> Self {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("catalogue.db");
        let catalogue = SqliteCatalogue::open(path).await.unwrap();
        Self {
            _directory: Some(Arc::new(directory)),
            ..Self::of(catalogue)
        }
    }

    pub(crate) async fn on_postgres() -> Self {
        let url = url_of_a_new_schema();
        Self::of(PostgresCatalogue::connect(url.expose()).await.unwrap())
    }

    pub(crate) fn of(catalogue: impl Catalogue) -> Self {
        let catalogue: Arc<dyn Catalogue> = Arc::new(catalogue);
        let stock = StockKeeper::default();
        stock.begin(&catalogue);
        Self {
            stock,
            catalogue,
            _directory: None,
        }
    }

    /// Puts products on the shelf.
    pub(crate) async fn put(&self, products: &[(&str, u64)]) {
        let category = Category {
            category_id: "things".parse().unwrap(),
            name: "Things".to_owned(),
        };
        let context = CommandContext::default();
        // It may be there already.
        let _added = self.catalogue.add_category(category, &context).await;
        for &(id, stock_quantity) in products {
            let product = NewProduct {
                product_id: id.parse().unwrap(),
                name: id.to_owned(),
                description: String::new(),
                price: Amount::new(Money::of_minor(100, Currency::USD)).unwrap(),
                stock_quantity,
                category_id: "things".parse().unwrap(),
                attributes: Default::default(),
            };
            self.catalogue.add_product(product, &context).await.unwrap();
        }
    }

    pub(crate) async fn remove(
        &self,
        product: &ProductId,
    ) -> Result<(), WriteError<CatalogueRefusal>> {
        let context = CommandContext::default();
        self.catalogue.remove_product(product, &context).await
    }

    pub(crate) async fn reserve(&self, order: &str, lines: &[(&str, u32)]) -> Moved {
        self.reserve_under(&format!("reserve {order}"), order, lines)
            .await
    }

    /// Reserves under an idempotency key.
    pub(crate) async fn reserve_under(
        &self,
        key: &str,
        order: &str,
        lines: &[(&str, u32)],
    ) -> Moved {
        self.send(key, reserve_stock(order, lines)).await
    }

    /// Reserves, and does not ask again when there is no answer.
    pub(crate) async fn reserve_once(&self, order: &str, lines: &[(&str, u32)]) -> Moved {
        let key = format!("reserve {order}");
        self.send_once(&key, reserve_stock(order, lines)).await
    }

    pub(crate) async fn release(&self, order: &str) -> Moved {
        let order_id = order.parse().unwrap();
        let key = format!("release {order}");
        self.send(&key, ReleaseStock { order_id }).await
    }

    pub(crate) async fn sell(&self, order: &str) -> Moved {
        let order_id = order.parse().unwrap();
        self.send(&format!("sell {order}"), SellStock { order_id })
            .await
    }

    pub(crate) async fn restock(&self, order: &str) -> Moved {
        let order_id = order.parse().unwrap();
        let key = format!("restock {order}");
        self.send(&key, RestockOrder { order_id }).await
    }

    /// Sends a command as a saga does: under a key, and again until it is answered.
    async fn send<C>(&self, key: &str, command: C) -> Moved
    where
        C: Command<Reply = Reservation, Refusal = StockRefusal> + Clone,
        StockKeeper: CommandHandler<C>,
    {
        let mut answer = self.send_once(key, command.clone()).await;
        for _ in 1..ATTEMPTS {
            if !matches!(answer, Err(CommandFault::Transient(_))) {
                break;
            }
            answer = self.send_once(key, command.clone()).await;
        }
        answer
    }

    async fn send_once<C>(&self, key: &str, command: C) -> Moved
    where
        C: Command<Reply = Reservation, Refusal = StockRefusal>,
        StockKeeper: CommandHandler<C>,
    {
        let said = serde_json::to_vec(&command).unwrap();
        let context = CommandContext {
            metadata: Metadata::default(),
            idempotency: Some(IdempotencyKey::new(key, &said)),
            expected: None,
        };
        self.stock.handle(command, context).await
    }

    /// Where the stock is; asked again until it is answered.
    async fn stock(&self) -> Vec<StockCount> {
        for _ in 1..ATTEMPTS {
            match self.catalogue.stock().await {
                Err(CatalogueError::Unavailable(_)) => {}
                answer => return answer.unwrap(),
            }
        }
        self.catalogue.stock().await.unwrap()
    }

    /// On the shelf, reserved and sold of each product, in the order of ids; nothing of it is lost.
    pub(crate) async fn counts(&self) -> Vec<[u64; 3]> {
        let stock = self.stock().await;
        assert_conserved(&stock);
        let counts = stock.iter();
        counts
            .map(|it| [it.on_shelf, it.reserved, it.sold])
            .collect()
    }
}

fn reserve_stock(order: &str, lines: &[(&str, u32)]) -> ReserveStock {
    let line = |&(id, quantity): &(&str, u32)| StockLine {
        product_id: id.parse().unwrap(),
        quantity: quantity.try_into().unwrap(),
    };
    ReserveStock {
        order_id: order.parse().unwrap(),
        lines: lines.iter().map(line).collect(),
    }
}

/// Checks that all that was put in is somewhere.
#[track_caller]
pub(crate) fn assert_conserved(stock: &[StockCount]) {
    for count in stock {
        let found = count.on_shelf + count.reserved + count.sold;
        assert_eq!(found, count.put_in, "{count:?}");
    }
}

/// The refusal, which must be one.
#[track_caller]
pub(crate) fn refused(moved: Moved) -> StockRefusal {
    match moved {
        Err(CommandFault::Refused(refusal)) => refusal,
        other => panic!("{other:?} is no refusal"),
    }
}

pub(crate) fn quantities(lines: &[(&str, u64)]) -> Quantities {
    let line = |&(id, quantity): &(&str, u64)| (id.parse().unwrap(), quantity);
    lines.iter().map(line).collect()
}
