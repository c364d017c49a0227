//! Orders and their checkout, through the router: in memory, and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_paid_order_that_is_cancelled_is_refunded;
mod an_order_lives_until_it_is_delivered;
mod books;
mod each_broken_rule_is_a_problem_of_its_own;
mod many_compete_for_scarce_stock;
mod one_that_fails_tells_why;
mod paying_twice_charges_once;
#[path = "../reply/mod.rs"]
mod reply;
#[path = "../schema/mod.rs"]
mod schema;
mod shop;
