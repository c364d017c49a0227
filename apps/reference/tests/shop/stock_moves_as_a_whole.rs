//! What is reserved for an order is reserved as a whole, once, and comes back or leaves for good.

use annals_reference::catalogue::{
    CatalogueRefusal, ReservationState, ShortLine, StockRefusal, WriteError,
};

use crate::shelf::{Shelf, on_each_shelf, quantities, refused};

on_each_shelf![
    all_lines_are_reserved_or_none,
    what_is_released_is_on_the_shelf_again,
    an_order_that_is_released_first_is_never_reserved,
    what_is_sold_leaves_until_it_is_restocked,
    a_repeat_gets_the_first_answer_also_a_refusal,
    another_attempt_under_another_key_is_decided_anew,
    a_product_that_was_ordered_is_not_taken_away,
];

async fn all_lines_are_reserved_or_none(shelf: Shelf) {
    shelf.put(&[("hat", 1), ("mug", 5)]).await;
    let lines = [("mug", 2), ("hat", 2), ("tie", 1)];
    let refusal = refused(shelf.reserve("o-1", &lines).await);
    let short = ShortLine {
        product_id: "hat".parse().unwrap(),
        asked: 2,
        left: 1,
    };
    let expected = StockRefusal::Short {
        short: vec![short],
        unknown: vec!["tie".parse().unwrap()],
    };
    assert_eq!(refusal, expected);
    assert_eq!(shelf.counts().await, [[1, 0, 0], [5, 0, 0]]);

    let lines = [("mug", 2), ("hat", 1), ("mug", 1)];
    let reserved = shelf.reserve("o-2", &lines).await.unwrap();
    assert_eq!(reserved.state, ReservationState::Reserved);
    assert_eq!(reserved.lines, quantities(&[("hat", 1), ("mug", 3)]));
    assert_eq!(shelf.counts().await, [[0, 1, 0], [2, 3, 0]]);
    let mug = shelf.catalogue.product(&"mug".parse().unwrap()).await;
    let mug = mug.unwrap().unwrap();
    assert_eq!((mug.stock_quantity, mug.version), (2, 2));
}

async fn what_is_released_is_on_the_shelf_again(shelf: Shelf) {
    shelf.put(&[("mug", 5)]).await;
    shelf.reserve("o-1", &[("mug", 2)]).await.unwrap();
    let released = shelf.release("o-1").await.unwrap();
    assert_eq!(released.state, ReservationState::Released);
    assert_eq!(shelf.counts().await, [[5, 0, 0]]);
    assert_eq!(shelf.release("o-1").await.unwrap(), released);
    assert_eq!(refused(shelf.sell("o-1").await), StockRefusal::NotReserved);
    assert_eq!(shelf.counts().await, [[5, 0, 0]]);
}

async fn an_order_that_is_released_first_is_never_reserved(shelf: Shelf) {
    shelf.put(&[("mug", 5)]).await;
    let released = shelf.release("o-1").await.unwrap();
    assert_eq!(released.lines, quantities(&[]));
    let late = shelf.reserve("o-1", &[("mug", 2)]).await;
    assert_eq!(refused(late), StockRefusal::GivenBack);
    assert_eq!(shelf.counts().await, [[5, 0, 0]]);
}

async fn what_is_sold_leaves_until_it_is_restocked(shelf: Shelf) {
    shelf.put(&[("mug", 5)]).await;
    assert_eq!(refused(shelf.sell("o-0").await), StockRefusal::NotReserved);
    shelf.reserve("o-1", &[("mug", 2)]).await.unwrap();
    assert_eq!(refused(shelf.restock("o-1").await), StockRefusal::NotSold);
    shelf.sell("o-1").await.unwrap();
    assert_eq!(shelf.counts().await, [[3, 0, 2]]);
    assert_eq!(
        refused(shelf.release("o-1").await),
        StockRefusal::AlreadySold
    );

    shelf.reserve("o-2", &[("mug", 1)]).await.unwrap();
    shelf.sell("o-2").await.unwrap();
    let restocked = shelf.restock("o-2").await.unwrap();
    assert_eq!(restocked.state, ReservationState::Restocked);
    assert_eq!(shelf.restock("o-2").await.unwrap(), restocked);
    assert_eq!(shelf.counts().await, [[3, 0, 2]]);
}

async fn a_repeat_gets_the_first_answer_also_a_refusal(shelf: Shelf) {
    shelf.put(&[("mug", 5)]).await;
    let first = shelf.reserve("o-1", &[("mug", 3)]).await.unwrap();
    shelf.sell("o-1").await.unwrap();
    assert_eq!(shelf.reserve("o-1", &[("mug", 3)]).await.unwrap(), first);

    let refusal = refused(shelf.reserve("o-2", &[("mug", 3)]).await);
    shelf.restock("o-1").await.unwrap();
    assert_eq!(refused(shelf.reserve("o-2", &[("mug", 3)]).await), refusal);
    assert_eq!(shelf.counts().await, [[5, 0, 0]]);
}

async fn another_attempt_under_another_key_is_decided_anew(shelf: Shelf) {
    shelf.put(&[("mug", 5)]).await;
    shelf.reserve("o-1", &[("mug", 3)]).await.unwrap();
    refused(shelf.reserve("o-2", &[("mug", 3)]).await);
    shelf.release("o-1").await.unwrap();
    let again = shelf.reserve_under("again", "o-2", &[("mug", 3)]).await;
    assert_eq!(again.unwrap().state, ReservationState::Reserved);
    assert_eq!(shelf.counts().await, [[2, 3, 0]]);
}

async fn a_product_that_was_ordered_is_not_taken_away(shelf: Shelf) {
    shelf.put(&[("hat", 1), ("mug", 5)]).await;
    shelf.reserve("o-1", &[("mug", 3)]).await.unwrap();
    shelf.release("o-1").await.unwrap();
    let product_id = "mug".parse().unwrap();
    let removed = shelf.remove(&product_id).await;
    let WriteError::Refused(refusal) = removed.unwrap_err() else {
        panic!("it is refused");
    };
    assert_eq!(refusal, CatalogueRefusal::ProductOrdered { product_id });
    shelf.remove(&"hat".parse().unwrap()).await.unwrap();
    assert_eq!(shelf.counts().await, [[5, 0, 0]]);
}
