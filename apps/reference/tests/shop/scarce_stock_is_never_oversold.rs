//! Many orders at once over few products: nobody gets what is not there, nobody waits for ever, and
//! nothing is lost on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use annals_reference::catalogue::{Reservation, StockRefusal};
use tokio::task::JoinSet;

use crate::shelf::{Moved, Shelf, assert_conserved, on_each_shelf, refused};

on_each_shelf![two_hundred_orders_share_ten_products];

const ORDERS: usize = 200;
const PRODUCTS: [&str; 10] = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"];
/// Less than is asked for: each order wants four products, one to three of each.
const EACH: u64 = 60;

/// What an order wants, in an order that seems random: each step walks through all products.
fn lines(order: usize) -> Vec<(&'static str, u32)> {
    let step = [1, 3, 7, 9][order % 4];
    let quantity = u32::try_from(order % 3).unwrap() + 1;
    let line = |place: usize| {
        (
            PRODUCTS[(order * 7 + place * step) % PRODUCTS.len()],
            quantity,
        )
    };
    (0..4).map(line).collect()
}

async fn two_hundred_orders_share_ten_products(shelf: Shelf) {
    shelf.put(&PRODUCTS.map(|id| (id, EACH))).await;
    let over = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(watch(shelf.clone(), Arc::clone(&over)));

    let answers = reserve_all_twice(&shelf).await;
    let left: Vec<u64> = shelf.counts().await.iter().map(|count| count[0]).collect();
    let (mut kept, mut short) = (Vec::new(), 0);
    for (order, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(_) => kept.push(order),
            refusal => {
                short += 1;
                assert_is_short(refused(refusal), &left);
            }
        }
    }
    assert!(!kept.is_empty() && short > 0);

    let mut moving = JoinSet::new();
    for order in kept {
        moving.spawn(end(shelf.clone(), order));
    }
    while let Some(moved) = moving.join_next().await {
        moved.unwrap().unwrap();
    }
    over.store(true, Ordering::Relaxed);
    watching.await.unwrap();
    let counts = shelf.counts().await;
    assert!(counts.iter().all(|[_, reserved, _]| *reserved == 0));
}

/// Sends each order twice at once, as whoever got no answer does. The answers are one.
async fn reserve_all_twice(shelf: &Shelf) -> Vec<Moved> {
    let mut reserving = Vec::new();
    for order in 0..ORDERS {
        let twins = [shelf.clone(), shelf.clone()].map(|shelf| {
            tokio::spawn(async move { shelf.reserve(&order.to_string(), &lines(order)).await })
        });
        reserving.push(twins);
    }
    let mut answers = Vec::new();
    for [first, second] in reserving {
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        assert_eq!(format!("{first:?}"), format!("{second:?}"));
        answers.push(first);
    }
    answers
}

/// Whoever was refused wanted more than is left of something, also now that all had their turn.
fn assert_is_short(refusal: StockRefusal, left: &[u64]) {
    let StockRefusal::Short { short, unknown } = refusal else {
        panic!("{refusal:?} is not about stock");
    };
    assert!(unknown.is_empty() && !short.is_empty());
    for line in short {
        let place = PRODUCTS
            .iter()
            .position(|id| *id == line.product_id.as_str());
        assert!(
            line.asked > line.left && line.left >= left[place.unwrap()],
            "{line:?}"
        );
    }
}

/// Sells it, gives it back, or takes it back after it was sold.
async fn end(shelf: Shelf, order: usize) -> Moved {
    let id = order.to_string();
    match order % 3 {
        0 => shelf.release(&id).await,
        1 => shelf.sell(&id).await,
        _ => {
            let _sold: Reservation = shelf.sell(&id).await?;
            shelf.restock(&id).await
        }
    }
}

/// Looks at all of the stock again and again, until it is over.
async fn watch(shelf: Shelf, over: Arc<AtomicBool>) {
    while !over.load(Ordering::Relaxed) {
        // Those who move stock may have all connections for a while.
        if let Ok(stock) = shelf.catalogue.stock().await {
            assert_conserved(&stock);
        }
        tokio::task::yield_now().await;
    }
}
