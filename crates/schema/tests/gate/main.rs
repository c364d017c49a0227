//! The schema gate, seen by whoever changes the events of a service: the old events are accepted, and
//! the new ones are checked against what that wrote.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "upcasters take what they change"
)]

mod accepting_records_what_is_declared;
mod events;
mod golden_samples_say_what_they_said;
mod names_stay_known;
mod recorded_shapes_are_still_taken;
mod the_page_tells_who_reads_and_writes;
mod versions_follow_each_other;
mod what_is_personal_stays_openable;
mod what_is_recorded_stays;
mod wider_shapes_pass;
