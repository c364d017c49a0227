//! Editions of read models over time: a changed declaration, several processes, what was read before.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_changed_declaration_is_rebuilt_without_downtime;
mod a_rebuild_listens_until_it_is_over;
mod an_exchange_amid_mending;
mod an_older_process_goes_on_until_the_exchange;
mod audits_wait_for_their_edition;
mod balances;
mod one_process_rebuilds_at_a_time;
mod place;
mod the_previous_edition_is_kept_for_a_stated_time;
