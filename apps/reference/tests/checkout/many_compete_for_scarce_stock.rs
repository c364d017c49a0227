//! Many checkouts at once over ten products of which there are too few: who pays gets all they
//! ordered, everybody else has paid nothing and knows why, and nothing is lost on the way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::iter;
use serde_json::json;
use tokio::task::JoinSet;

use crate::books::Books;
use crate::shop::Shop;

const PRODUCTS: u64 = 10;
const BUYERS: u64 = 20;
/// More than a busy machine takes: no checkout of these is to fail for want of time.
const AN_HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_checkouts_sell_what_is_there_and_no_more() {
    sell_what_is_there_and_no_more(Shop::in_memory().await, 1_000).await;
}

/// Fewer: each is a dozen transactions and more, and each of those waits for the disk. They meet all the
/// same: the products, the buyers and the connections are as few. That those who meet do not deadlock is
/// shown where locks are taken, by `opposite_orders_do_not_deadlock`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_hundred_checkouts_on_postgres_sell_what_is_there_and_no_more() {
    sell_what_is_there_and_no_more(Shop::on_postgres().await, 400).await;
}

async fn sell_what_is_there_and_no_more(shop: Shop, orders: u64) {
    let shop = shop.with_checkout_timeout(AN_HOUR);
    // Less than half of what is ordered.
    let stock = orders * 3 / 20;
    for product in 0..PRODUCTS {
        shop.stock(&format!("p{product}"), "7.00", stock).await;
    }
    for buyer in 0..BUYERS {
        let money = if buyer == 0 { "20.00" } else { "5000.00" };
        shop.open_account(&format!("acc-{buyer}"), money).await;
    }
    iter(0..orders)
        .for_each_concurrent(8, |order| submit(&shop, order))
        .await;
    let done = Arc::new(AtomicBool::new(false));
    let observer = tokio::spawn(observe(shop.clone(), stock, Arc::clone(&done)));
    all_pay_at_once(&shop, orders).await;
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

async fn all_pay_at_once(shop: &Shop, orders: u64) {
    let mut all = JoinSet::new();
    for order in 0..orders {
        all.spawn(pay(shop.clone(), order));
    }
    all.join_all().await;
}

/// Orders one to three of one to three products, in any order.
async fn submit(shop: &Shop, order: u64) {
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

/// Pays an order, again under its key as long as the service is too busy to say whether it does.
async fn pay(shop: Shop, order: u64) {
    let path = format!("/orders/o-{order}/pay");
    let payment = json!({ "accountId": format!("acc-{}", order % BUYERS) });
    let key = format!("pay-{order}");
    loop {
        let key = [("idempotency-key", key.as_str())];
        let answer = shop.post_with(&key, &path, payment.clone()).await;
        if answer.status != 503 {
            answer.expect(202);
            return;
        }
    }
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

/// Looks again and again whether all money and all stock is there. Where a database is too busy to answer,
/// it looks again.
async fn observe(shop: Shop, stock: u64, done: Arc<AtomicBool>) {
    let mut books = Books::default();
    while !done.load(Ordering::Relaxed) {
        let read = books.read_on(shop.bank.store()).await;
        let counts = shop.bank.catalogue().stock().await;
        let (Ok(()), Ok(counts)) = (read, counts) else {
            continue;
        };
        for count in counts {
            let there = count.on_shelf + count.reserved + count.sold;
            assert_eq!((there, count.put_in), (stock, stock), "{count:?}");
        }
    }
}

async fn assert_books_agree(shop: &Shop) {
    let mut books = Books::default();
    books.read_on(shop.bank.store()).await.unwrap();
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
