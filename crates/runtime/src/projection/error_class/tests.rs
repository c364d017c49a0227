use std::sync::Arc;

use annals_core::{Corruption, IdSource, Position, RandomIds, StoreId};

use super::*;

fn cause() -> Arc<std::io::Error> {
    Arc::new(std::io::Error::other("a cause"))
}

#[test]
fn each_error_is_of_the_class_of_who_can_mend_it() {
    let position = Position(7);
    let reason = || "a reason".to_owned();
    let projection = || "balances".to_owned();
    let of_read_model = [
        (ErrorClass::Transient, ProjectionError::Unavailable(cause())),
        (
            ErrorClass::Transient,
            ProjectionError::Moved {
                expected: position,
                actual: position,
            },
        ),
        (
            ErrorClass::Event,
            ProjectionError::Event {
                position,
                cause: cause(),
            },
        ),
        (
            ErrorClass::ReadModel,
            ProjectionError::Damaged { reason: reason() },
        ),
        (
            ErrorClass::ReadModel,
            ProjectionError::TooManyParked {
                projection: projection(),
                most: 1,
            },
        ),
        (
            ErrorClass::ReadModel,
            ProjectionError::WrongStore {
                projection: projection(),
                expected: StoreId(RandomIds.next()),
                actual: StoreId(RandomIds.next()),
            },
        ),
    ];
    let of_store = [
        (
            ErrorClass::Transient,
            ReadError::Unavailable { reason: reason() },
        ),
        (
            ErrorClass::Store,
            ReadError::Corrupt(Corruption {
                position,
                reason: reason(),
            }),
        ),
    ];
    let ahead = RunError::AheadOfStore {
        checkpoint: position,
        head: Position::START,
    };
    let errors = of_read_model
        .map(|(class, error)| (class, RunError::ReadModel(error)))
        .into_iter()
        .chain(of_store.map(|(class, error)| (class, RunError::Store(error))))
        .chain([
            (ErrorClass::Store, ahead),
            (ErrorClass::Other, RunError::Aborted),
        ]);
    for (class, error) in errors {
        assert_eq!(error.class(), class, "{error}");
    }
}
