//! Many checkouts at once over ten products of which there are too few: who pays gets all they
//! ordered, everybody else has paid nothing and knows why, and nothing is lost on the way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use annals::ReadError;
use annals_reference::catalogue::{CatalogueError, StockCount};
use futures_util::{StreamExt, stream};

use crate::books::Books;
use crate::shop::Shop;

const PRODUCTS: u64 = 10;
const BUYERS: u64 = 20;

/// How many requests are sent at once.
const CLIENTS: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_checkouts_sell_what_is_there_and_no_more() {
    sell_what_is_there_and_no_more(Shop::in_memory().await, 1_000).await;
}

/// Fewer: each is a dozen transactions and more, and each of those waits for the disk. They still meet: the
/// stock, the buyers and the connections are as few. That those who meet do not deadlock is shown where
/// locks are taken, by `opposite_orders_do_not_deadlock`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_hundred_checkouts_on_postgres_sell_what_is_there_and_no_more() {
    sell_what_is_there_and_no_more(Shop::on_postgres().await, 400).await;
}

async fn sell_what_is_there_and_no_more(shop: Shop, orders: u64) {
    // Less than half of what is ordered.
    let stock = orders * 3 / 20;
    for product in 0..PRODUCTS {
        shop.stock(&format!("p{product}"), "7.00", stock).await;
    }
    for buyer in 0..BUYERS {
        let money = if buyer == 0 { "20.00" } else { "5000.00" };
        shop.open_account(&format!("acc-{buyer}"), money).await;
    }
    of_each(orders, &shop, submit).await;
    let done = Arc::new(AtomicBool::new(false));
    let observer = tokio::spawn(observe(shop.clone(), stock, Arc::clone(&done)));
    of_each(orders, &shop, pay).await;
    let mut ended = BTreeMap::new();
    for order in (0..orders).map(|order| format!("o-{order}")) {
        let checkout = shop.ended("checkout", &order).await;
        ended.insert(order, checkout.status);
    }
    done.store(true, Ordering::Relaxed);
    observer.await.unwrap();
    assert_orders_tell_how_that_ended(&shop, &ended).await;
    assert_books_agree(&shop).await;
}

/// Does something for all orders, many at once: checkouts wait for nobody, but a client waits for an answer,
/// and with all at once for longer than it may.
async fn of_each<F>(orders: u64, shop: &Shop, act: fn(Shop, u64) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let acts = (0..orders).map(|order| tokio::spawn(act(shop.clone(), order)));
    let mut acts = stream::iter(acts).buffer_unordered(CLIENTS);
    while let Some(done) = acts.next().await {
        done.unwrap();
    }
}

/// Orders one to three of one to three products, in any order.
async fn submit(shop: Shop, order: u64) {
    let mut random = Random(order);
    let mut products: Vec<_> = (0..PRODUCTS).map(|product| format!("p{product}")).collect();
    let mut lines = Vec::new();
    for _ in 0..=random.below(3) {
        let product = usize::try_from(random.below(products.len() as u64)).unwrap();
        let quantity = u32::try_from(1 + random.below(3)).unwrap();
        lines.push((products.swap_remove(product), quantity));
    }
    let lines: Vec<_> = lines
        .iter()
        .map(|(it, many)| (it.as_str(), *many))
        .collect();
    shop.submit(&format!("o-{order}"), &lines).await;
}

async fn pay(shop: Shop, order: u64) {
    let account = format!("acc-{}", order % BUYERS);
    shop.pay(&format!("o-{order}"), &account).await.expect(202);
}

async fn assert_orders_tell_how_that_ended(shop: &Shop, ended: &BTreeMap<String, String>) {
    let orders = shop.orders().await;
    assert_eq!(orders.len(), ended.len());
    let mut paid = 0;
    for order in orders {
        let checkout = ended[order["orderId"].as_str().unwrap()].as_str();
        match (checkout, &order["status"], order["reason"].as_str()) {
            ("completed", status, None) if status == "paid" => paid += 1,
            ("compensated", status, Some(reason)) if status == "cancelled" => {
                let is_short = reason.starts_with("not enough in stock: p");
                let is_told = is_short && reason.ends_with(" left)");
                assert!(is_told || reason == "insufficient funds", "{reason}");
            }
            _ => panic!("the checkout is {checkout} of {order}"),
        }
    }
    assert!(paid > 0 && paid < ended.len(), "{paid} were paid");
}

/// Looks again and again whether all money and all stock is there.
async fn observe(shop: Shop, stock: u64, done: Arc<AtomicBool>) {
    let mut books = Books::default();
    while !done.load(Ordering::Relaxed) {
        read_on(&mut books, &shop).await;
        match shop.bank.catalogue().stock().await {
            Ok(counts) => assert_all_there(&counts, stock),
            Err(CatalogueError::Unavailable(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

/// As far as the store answers: the checkouts may have all connections for a while.
async fn read_on(books: &mut Books, shop: &Shop) {
    let read = async {
        let head = shop.bank.head().await?;
        books.read_on(shop.bank.store(), head).await
    };
    match read.await {
        Ok(()) | Err(ReadError::Unavailable { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

fn assert_all_there(counts: &[StockCount], stock: u64) {
    for count in counts {
        let there = count.on_shelf + count.reserved + count.sold;
        assert_eq!((there, count.put_in), (stock, stock), "{count:?}");
    }
}

/// When nobody competes any more.
async fn assert_books_agree(shop: &Shop) {
    let mut books = Books::default();
    let head = shop.bank.head().await.unwrap();
    books.read_on(shop.bank.store(), head).await.unwrap();
    assert!(books.pending.is_empty(), "{:?}", books.pending);
    let (paid, earned) = (books.paid.values(), books.earned.values());
    assert_eq!(paid.sum::<i64>(), earned.sum::<i64>());
    let sold = books.sold();
    for count in shop.bank.catalogue().stock().await.unwrap() {
        let ordered = sold.get(count.product_id.as_str()).copied();
        assert_eq!(
            (count.reserved, count.sold),
            (0, ordered.unwrap_or_default())
        );
    }
}

/// Numbers that look random and depend on the seed alone (SplitMix64, Steele et al. 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
