//! Root keys follow one another, and what a destroyed one wrapped is gone.

use super::subject::Subject;

pub(super) async fn what_was_wrapped_before_unwraps_until_the_rotation_is_finished(
    subject: Subject,
) {
    let before = subject.wrap("a").await;
    subject.begin_rotation().await;
    assert!(subject.unwraps("a", &before).await);
    assert!(subject.reopened().await.unwraps("a", &before).await);
}

pub(super) async fn what_a_destroyed_root_key_wrapped_is_gone_for_everybody(subject: Subject) {
    let other = subject.reopened().await;
    let before = subject.wrap("a").await;
    let root = subject.begin_rotation().await;
    let after = subject.wrap("a").await;
    subject.finish_rotation(&root).await;
    for process in [&subject, &other, &subject.reopened().await] {
        assert!(!process.unwraps("a", &before).await);
        assert!(process.unwraps("a", &after).await);
    }
}

pub(super) async fn only_root_keys_before_the_one_that_is_kept_are_destroyed(subject: Subject) {
    let first = subject.current().await;
    let before = subject.wrap("a").await;
    subject.begin_rotation().await;
    let after = subject.wrap("a").await;
    // Of one who stood still since before this rotation.
    subject.finish_rotation(&first).await;
    assert!(subject.unwraps("a", &before).await);
    assert!(subject.unwraps("a", &after).await);
}

pub(super) async fn a_new_root_key_is_current_for_everybody(subject: Subject) {
    let other = subject.reopened().await;
    let first = subject.current().await;
    assert_eq!(other.current().await, first);
    let second = subject.begin_rotation().await;
    assert_ne!(second, first);
    for process in [&subject, &other, &subject.reopened().await] {
        assert_eq!(process.current().await, second);
        assert_eq!(process.wrap("a").await.root, second);
    }
}

pub(super) async fn a_rotation_that_is_begun_again_goes_on(subject: Subject) {
    let root = subject.begin_rotation().await;
    assert_eq!(subject.begin_rotation().await, root);
    assert_eq!(subject.reopened().await.begin_rotation().await, root);
}

pub(super) async fn one_rotation_follows_another(subject: Subject) {
    let mut roots = vec![subject.current().await];
    for _ in 0..3 {
        let root = subject.begin_rotation().await;
        assert!(!roots.contains(&root), "{root} was there before");
        subject.finish_rotation(&root).await;
        assert_eq!(subject.current().await, root);
        roots.push(root);
    }
}
