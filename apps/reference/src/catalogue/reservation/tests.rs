use super::*;

fn quantities(lines: &[(&str, u64)]) -> Quantities {
    let line = |&(id, quantity): &(&str, u64)| (id.parse().expect("it is an id"), quantity);
    lines.iter().map(line).collect()
}

fn reservation(state: ReservationState) -> Reservation {
    let lines = quantities(&[("mug", 2)]);
    Reservation { state, lines }
}

fn reserve_two_mugs() -> Movement {
    Movement::Reserve(quantities(&[("mug", 2)]))
}

/// What becomes of a reservation in this state.
fn after(
    movement: Movement,
    state: Option<ReservationState>,
) -> Result<&'static str, StockRefusal> {
    let before = state.map(reservation);
    let after = movement.decide(before.as_ref(), &quantities(&[("mug", 5)]))?;
    Ok(after.state.word())
}

#[test]
fn each_movement_has_its_states_and_is_harmless_when_repeated() {
    use ReservationState as S;
    use StockRefusal as R;
    let states = [
        None,
        Some(S::Reserved),
        Some(S::Released),
        Some(S::Sold),
        Some(S::Restocked),
    ];
    let table = [
        (
            reserve_two_mugs(),
            [
                Ok("reserved"),
                Ok("reserved"),
                Err(R::GivenBack),
                Ok("sold"),
                Err(R::GivenBack),
            ],
        ),
        (
            Movement::Release,
            [
                Ok("released"),
                Ok("released"),
                Ok("released"),
                Err(R::AlreadySold),
                Ok("restocked"),
            ],
        ),
        (
            Movement::Sell,
            [
                Err(R::NotReserved),
                Ok("sold"),
                Err(R::NotReserved),
                Ok("sold"),
                Err(R::NotReserved),
            ],
        ),
        (
            Movement::Restock,
            [
                Err(R::NotSold),
                Err(R::NotSold),
                Err(R::NotSold),
                Ok("restocked"),
                Ok("restocked"),
            ],
        ),
    ];
    for (movement, expected) in table {
        for (state, expected) in states.iter().zip(expected) {
            assert_eq!(
                after(movement.clone(), *state),
                expected,
                "{movement:?} at {state:?}"
            );
        }
    }
}

#[test]
fn a_refusal_names_each_line_that_is_short_or_unknown() {
    let asked = quantities(&[("hat", 1), ("mug", 2), ("pen", 3), ("tie", 4)]);
    let on_shelf = quantities(&[("hat", 0), ("mug", 2), ("pen", 1)]);
    let refusal = Movement::Reserve(asked)
        .decide(None, &on_shelf)
        .unwrap_err();
    let short = |id: &str, asked, left| ShortLine {
        product_id: id.parse().unwrap(),
        asked,
        left,
    };
    let expected = StockRefusal::Short {
        short: vec![short("hat", 1, 0), short("pen", 3, 1)],
        unknown: vec!["tie".parse().unwrap()],
    };
    assert_eq!(refusal, expected);
}

#[test]
fn something_else_is_not_reserved_for_an_order_that_has_something() {
    let reserved = reservation(ReservationState::Reserved);
    let more = Movement::Reserve(quantities(&[("mug", 3)]));
    let refusal = more.decide(Some(&reserved), &quantities(&[("mug", 5)]));
    assert_eq!(refusal, Err(StockRefusal::ReservedOtherwise));
}

#[test]
fn the_shelf_has_what_no_order_holds() {
    use ReservationState as S;
    let on_shelf = quantities(&[("mug", 5), ("pen", 1)]);
    let shelf = |before: Option<S>, after: S| {
        let before = before.map(reservation);
        reservation(after).shelf_after(before.as_ref(), &on_shelf)
    };
    assert_eq!(shelf(None, S::Reserved), quantities(&[("mug", 3)]));
    assert_eq!(
        shelf(Some(S::Reserved), S::Released),
        quantities(&[("mug", 7)])
    );
    assert_eq!(
        shelf(Some(S::Sold), S::Restocked),
        quantities(&[("mug", 7)])
    );
    for (before, after) in [
        (Some(S::Reserved), S::Reserved),
        (Some(S::Reserved), S::Sold),
        (None, S::Released),
        (Some(S::Released), S::Released),
    ] {
        assert_eq!(
            shelf(before, after),
            quantities(&[]),
            "{before:?} {after:?}"
        );
    }
}
