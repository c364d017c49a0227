use std::num::NonZeroUsize;

use annals_core::InstanceId;

/// Versions of a program that run beside each other have to agree.
#[test]
fn in_every_version() {
    let of_64 = |instance: &str| {
        let shares = NonZeroUsize::new(64).unwrap();
        InstanceId::new(instance).unwrap().share_of(shares)
    };
    let names = ["t0", "t1", "order/7", "\u{fc}"];
    assert_eq!(names.map(of_64), [21, 28, 39, 27]);
}
