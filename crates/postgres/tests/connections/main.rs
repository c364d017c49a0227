//! Which servers are used and which are refused, on servers of the tests' own.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_call_that_is_given_up_holds_nothing;
mod a_paused_transaction_loses_its_locks;
mod a_pooler_is_said_to_be_one;
mod a_replica_is_refused;
mod a_schema_has_any_name_that_works;
mod a_service_needs_few_rights;
mod a_weak_server_is_refused;
mod an_outage_ends_by_itself;
mod damage_is_no_outage;
mod tls_is_verified;

mod admin;
#[path = "../place/mod.rs"]
mod place;
mod service;
