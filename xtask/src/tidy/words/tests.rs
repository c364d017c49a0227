use super::*;

fn messages(path: &str, text: &str) -> Vec<String> {
    check(&Tree::of(&[(path, text)]))
        .iter()
        .map(Finding::to_string)
        .collect()
}

#[test]
fn a_file_or_folder_with_an_empty_name_is_found() {
    assert_eq!(
        messages("crates/x/src/utils.rs", ""),
        ["crates/x/src/utils.rs:1: `utils` says nothing; name what it is"]
    );
    assert_eq!(messages("crates/x/tests/common/mod.rs", "").len(), 1);
    assert!(messages("crates/x/src/managerial.rs", "").is_empty());
}

#[test]
fn unfinished_code_is_found() {
    assert_eq!(
        messages("a.rs", "fn a() {\n    todo!()\n}\n"),
        ["a.rs:2: `todo!(`: finish it or leave it out"]
    );
    assert_eq!(messages("a.rs", "unimplemented!(\"later\")").len(), 1);
    assert_eq!(messages("a.rs", "dbg!(value)").len(), 1);
}

#[test]
fn a_reference_to_a_number_is_found() {
    assert_eq!(messages("CHANGELOG.md", "Fixes Issue #12.").len(), 1);
}

#[test]
fn a_path_of_one_machine_is_found() {
    assert_eq!(
        messages("README.md", "cd /home/main"),
        ["README.md:1: `/home/` exists on one machine only"]
    );
    assert_eq!(messages("README.md", "`/home/me/annals`").len(), 1);
    assert!(messages("README.md", "see docs/home/plan.md").is_empty());
    assert!(messages("README.md", "see ../home/plan.md").is_empty());
}
