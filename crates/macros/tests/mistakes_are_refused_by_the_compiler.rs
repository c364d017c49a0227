//! Each file of `refused/` holds one mistake, and beside it what the compiler says.

#[test]
fn mistakes_are_refused_by_the_compiler() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
