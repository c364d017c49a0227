//! Line 6, lost answers: the caller can ask whether an append id committed, and where.

use annals_core::{Append, AppendId, ExpectedVersion};

use super::sample::{append, append_at, event, events, tag, tagged, write};
use super::subject::Subject;

/// 6k: an append that committed is found, with the answer that was given, also much later.
pub(super) async fn a_committed_append_is_found_with_its_answer(store: Subject) {
    let mut answers = Vec::new();
    for number in 0..10 {
        let id = format!("Account-{}", number % 2);
        answers.push(store.append(append(&id, events(number..number + 1))).await);
    }
    for answer in answers {
        assert_eq!(store.find_append(answer.id).await, Some(answer));
    }
}

/// 6l: an append over several streams is found with the versions it brought them to.
pub(super) async fn an_append_over_several_streams_is_found_with_its_versions(store: Subject) {
    store.append(append("Account-2", events(0..3))).await;
    let writes = vec![
        write("Account-2", events(10..12)),
        write("Account-1", events(12..15)),
    ];
    let answer = store.append(Append::to_streams(writes)).await;
    store.append(append("Account-1", events(20..22))).await;
    assert_eq!(store.find_append(answer.id).await, Some(answer));
}

/// 6m: an append is found under the id its caller chose.
pub(super) async fn an_append_is_found_under_the_id_its_caller_chose(store: Subject) {
    let id = AppendId::of_key("Account-1", "deposit 17");
    let answer = store
        .append(append("Account-1", events(0..2)).with_id(id))
        .await;
    assert_eq!(answer.id, id);
    assert_eq!(store.find_append(id).await, Some(answer));
}

/// 6n: an append that was never made, or was refused, is not found.
pub(super) async fn an_append_that_did_not_commit_is_not_found(store: Subject) {
    let recorded = append("Account-1", vec![event(0).tagged(tag("name:ada"))]);
    store.append(recorded).await;
    let never_made = append("Account-1", events(1..2));
    assert_eq!(store.find_append(never_made.id).await, None);

    let conflict = append_at("Account-1", ExpectedVersion::NoStream, events(2..3));
    let start = annals_core::Position::START;
    let condition_failed = append("Account-1", events(3..4)).unless(tagged("name:ada"), start);
    for refused in [conflict, condition_failed] {
        store.refusal(refused.clone()).await;
        assert_eq!(store.find_append(refused.id).await, None);
    }
}
