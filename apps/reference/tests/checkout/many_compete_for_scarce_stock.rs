//! A thousand checkouts at once over ten products of which there are too few: who pays gets all they
//! ordered, everybody else has paid nothing and knows why, and nothing is lost on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

use crate::books::Books;
use crate::shop::{Shop, on_each_store};

on_each_store![a_thousand_checkouts_sell_what_is_there_and_no_more];

const ORDERS: u64 = 1_000;
const PRODUCTS: u64 = 10;
/// Less than half of what is ordered.
const STOCK: u64 = 150;
const BUYERS: u64 = 20;

async fn a_thousand_checkouts_sell_what_is_there_and_no_more(shop: Shop) {
    for product in 0..PRODUCTS {
        shop.stock(&format!("p{product}"), "7.00", STOCK).await;
    }
    for buyer in 0..BUYERS {
        let money = if buyer == 0 { "20.00" } else { "5000.00" };
        shop.open_account(&format!("acc-{buyer}"), money).await;
    }
    of_each_order(&shop, submit).await;
    let done = Arc::new(AtomicBool::new(false));
    let observer = tokio::spawn(observe(shop.clone(), Arc::clone(&done)));
    of_each_order(&shop, pay).await;
    for order in 0..ORDERS {
        assert_ended(&shop, order).await;
    }
    done.store(true, Ordering::Relaxed);
    let observed = observer.await.unwrap();
    assert!(observed > 0, "nothing was observed");
    assert_books_agree(&shop).await;
}

/// Does something for all orders at once.
async fn of_each_order<F>(shop: &Shop, act: fn(Shop, u64) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut all = JoinSet::new();
    for order in 0..ORDERS {
        all.spawn(act(shop.clone(), order));
    }
    all.join_all().await;
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

async fn assert_ended(shop: &Shop, order: u64) {
    let order = format!("o-{order}");
    let checkout = shop.ended("checkout", &order).await;
    let told = shop.order(&order).await;
    let (status, reason) = (&told["status"], told["reason"].as_str());
    match (checkout.status.as_str(), reason) {
        ("completed", None) => assert_eq!(status, "paid"),
        ("compensated", Some(reason)) => {
            assert_eq!(status, "cancelled");
            let is_stock = reason.starts_with("not enough in stock: p") && reason.contains("left)");
            assert!(
                is_stock || reason.starts_with("insufficient funds: "),
                "{reason}"
            );
        }
        _ => panic!("{order} has not ended: {checkout:?} {told}"),
    }
}

/// Looks again and again whether all money and all stock is there; tells how often.
async fn observe(shop: Shop, done: Arc<AtomicBool>) -> u64 {
    let (mut books, mut observed) = (Books::default(), 0);
    loop {
        let is_last = done.load(Ordering::Relaxed);
        let head = shop.bank.head().await.unwrap();
        books.read_on(shop.bank.store(), head).await;
        for count in shop.bank.catalogue().stock().await.unwrap() {
            let there = count.on_shelf + count.reserved + count.sold;
            assert_eq!((there, count.put_in), (STOCK, STOCK), "{count:?}");
        }
        observed += 1;
        if is_last {
            return observed;
        }
    }
}

async fn assert_books_agree(shop: &Shop) {
    let mut books = Books::default();
    let head = shop.bank.head().await.unwrap();
    books.read_on(shop.bank.store(), head).await;
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
    let orders = u64::try_from(books.paid.len()).unwrap();
    assert!(orders > 0 && orders < ORDERS, "{orders} were paid");
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
