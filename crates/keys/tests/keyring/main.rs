//! What a keyring promises, on keys in memory. Where two processes meet, the orders in which their calls
//! can go are tried one after the other.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_key_is_one_for_ever;
mod copies_are_disclosed;
mod interleavings;
mod keys_are_remembered_for_a_while;
mod keys_that_do_not_unwrap;
mod root_keys_are_replaced;
mod what_is_forgotten_stays_so;
mod world;
