//! What an audit of a projection promises whoever relies on it.

mod forgetful_store;
mod memory_ledger;

mod a_projection_is_audited_as_it_goes_on;
mod a_projection_is_proven_complete;
mod an_audit_that_cannot_be_made_says_so;
mod what_is_wrong_is_named;
