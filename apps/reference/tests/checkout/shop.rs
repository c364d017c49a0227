//! A shop of its own for each scenario.

use std::time::Duration;

use annals::http::Limits;
use annals::runtime::SagaRow;
use annals::{Position, QueryError, ReadModel, Selection};
use annals_reference::bank::Bank;
use annals_reference::place::Place;
use annals_reference::routes::router;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::reply::{Reply, saying};
use crate::schema::url_of_a_new_schema;

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(60);

/// How often somebody asks who gets no answer, each time for five seconds.
const ATTEMPTS: usize = 12;

/// Makes tests of scenarios: each with a shop in memory, and with one on PostgreSQL.
macro_rules! on_each_store {
    ($($scenario:ident),+ $(,)?) => {
        mod in_memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() {
                    super::$scenario(crate::shop::Shop::in_memory().await).await;
                }
            )+
        }

        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() {
                    super::$scenario(crate::shop::Shop::on_postgres().await).await;
                }
            )+
        }
    };
}

pub(crate) use on_each_store;

/// A service with a catalogue, whose customers have accounts. Clones are the same shop.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) bank: Bank,
    router: Router,
    /// Below it are the root keys of a shop on PostgreSQL: gone with the last clone.
    _root_keys: Option<std::sync::Arc<TempDir>>,
}

impl Shop {
    pub(crate) async fn in_memory() -> Self {
        Self::of(Bank::open(&Place::Memory).await.unwrap())
    }

    pub(crate) async fn on_postgres() -> Self {
        let root_keys = TempDir::new().unwrap();
        let place = Place::Postgres {
            url: url_of_a_new_schema(),
            root_keys: root_keys.path().join("root"),
        };
        Self {
            _root_keys: Some(root_keys.into()),
            ..Self::of(Bank::open(&place).await.unwrap())
        }
    }

    /// The same shop, where a checkout may take so long.
    pub(crate) fn with_checkout_timeout(self, timeout: Duration) -> Self {
        let bank = self.bank.with_checkout_timeout(timeout);
        Self {
            _root_keys: self._root_keys,
            ..Self::of(bank)
        }
    }

    fn of(bank: Bank) -> Self {
        Self {
            router: router(bank.clone(), None, Limits::default()),
            bank,
            _root_keys: None,
        }
    }

    /// Posts JSON.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_with(&[], path, body).await
    }

    /// Posts JSON with more headers.
    pub(crate) async fn post_with(
        &self,
        headers: &[(&str, &str)],
        path: &str,
        body: Value,
    ) -> Reply {
        self.send(saying("POST", path, headers, &body)).await
    }

    /// Gets what is known after all that was written.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        let mark = if path.contains('?') { '&' } else { '?' };
        self.ask(&format!("{path}{mark}freshness=current")).await
    }

    /// Gets what is there, asked again where that takes long.
    async fn ask(&self, path: &str) -> Reply {
        let mut reply = self.ask_once(path).await;
        for _ in 1..ATTEMPTS {
            if reply.status != 503 {
                break;
            }
            reply = self.ask_once(path).await;
        }
        reply
    }

    async fn ask_once(&self, path: &str) -> Reply {
        let request = Request::get(path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// Deletes what is at a path.
    pub(crate) async fn delete(&self, path: &str) -> Reply {
        let request = Request::delete(path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    async fn send(&self, request: Request<Body>) -> Reply {
        Reply::of(&self.router, request).await
    }

    /// Puts a product on the shelf.
    pub(crate) async fn stock(&self, product: &str, price: &str, quantity: u64) {
        let category = json!({ "categoryId": "all", "name": "All" });
        let category = self.post("/categories", category).await;
        assert!(matches!(category.status, 201 | 409), "{category:?}");
        let product = json!({
            "productId": product,
            "name": product,
            "price": price,
            "stockQuantity": quantity,
            "categoryId": "all",
        });
        self.post("/products", product).await.expect(201);
    }

    /// How many of a product are on the shelf.
    pub(crate) async fn left(&self, product: &str) -> u64 {
        let product = self.ask(&format!("/products/{product}")).await.expect(200);
        product["stockQuantity"].as_u64().unwrap()
    }

    /// Opens an account with money on it.
    pub(crate) async fn open_account(&self, account: &str, deposit: &str) {
        let application =
            json!({ "accountId": account, "ownerId": "me", "initialDeposit": deposit });
        self.post("/accounts", application).await.expect(201);
    }

    /// How much is on an account.
    pub(crate) async fn balance(&self, account: &str) -> String {
        let account = self.get(&format!("/accounts/{account}")).await.expect(200);
        account["balance"]["value"].as_str().unwrap().to_owned()
    }

    /// Creates an order and puts these into it.
    pub(crate) async fn draft(&self, order: &str, lines: &[(&str, u32)]) {
        let new = json!({ "orderId": order, "userId": "u-1" });
        self.post("/orders", new).await.expect(201);
        for (product, quantity) in lines {
            let item = json!({ "productId": product, "quantity": quantity });
            let path = format!("/orders/{order}/items");
            self.post(&path, item).await.expect(200);
        }
    }

    /// Creates an order of these, and submits it.
    pub(crate) async fn submit(&self, order: &str, lines: &[(&str, u32)]) {
        self.draft(order, lines).await;
        self.command(order, "submit").await.expect(200);
    }

    /// A command that says nothing but its name.
    pub(crate) async fn command(&self, order: &str, command: &str) -> Reply {
        let request = Request::post(format!("/orders/{order}/{command}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Begins to pay an order.
    pub(crate) async fn pay(&self, order: &str, account: &str) -> Reply {
        let payment = json!({ "accountId": account });
        self.post(&format!("/orders/{order}/pay"), payment).await
    }

    /// Pays an order, and waits for what came of it.
    pub(crate) async fn paid(&self, order: &str, account: &str) -> Value {
        self.pay(order, account).await.expect(202);
        self.ended("checkout", order).await;
        self.order(order).await
    }

    /// An order as it is now.
    pub(crate) async fn order(&self, order: &str) -> Value {
        self.get(&format!("/orders/{order}")).await.expect(200)
    }

    /// All orders as they are now.
    pub(crate) async fn orders(&self) -> Vec<Value> {
        let (mut orders, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/orders?limit=100{cursor}");
            let mut page = self.get(&path).await.expect(200);
            orders.append(page["data"].as_array_mut().unwrap());
            match page["pagination"]["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return orders,
            }
        }
    }

    /// Waits until a saga of an order has ended, or waits for a person.
    pub(crate) async fn ended(&self, saga: &str, order: &str) -> SagaRow {
        self.once(saga, order, |row| row.status != "running").await
    }

    /// Waits until a saga of an order has ended.
    pub(crate) async fn ended_for_good(&self, saga: &str, order: &str) -> SagaRow {
        let has_ended = |row: &SagaRow| !matches!(row.status.as_str(), "running" | "parked");
        self.once(saga, order, has_ended).await
    }

    /// Waits until a saga of an order is like that, also where the database is too busy to say so.
    async fn once(&self, saga: &str, order: &str, is_so: impl Fn(&SagaRow) -> bool) -> SagaRow {
        let index = self.bank.annals().projection(SagaRow::TABLE);
        let mut position = Position::START;
        loop {
            let rows = Selection::new().equal("saga", &saga.to_owned());
            let rows = rows.equal("instance", &order.to_owned());
            let rows = match self.bank.annals().sagas().list(rows).await {
                Err(QueryError::Unavailable { .. }) => continue,
                rows => rows.unwrap(),
            };
            match rows.into_iter().next() {
                Some(row) if is_so(&row) => return row,
                _ => position = index.wait_for(position.next(), LONG).await.unwrap(),
            }
        }
    }
}

/// US dollars as JSON.
pub(crate) fn usd(value: &str) -> Value {
    json!({ "value": value, "currency": "USD" })
}
