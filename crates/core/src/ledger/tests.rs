use super::*;

fn event(number: u128) -> EventId {
    EventId(Uuid::from_u128(number))
}

/// A page on which the events of these positions were handled, in this order.
fn page(number: u64, positions: &[u64]) -> LedgerPage {
    let mut page = LedgerPage::empty(number);
    for position in positions {
        page.record(Position(*position), event(u128::from(*position)));
    }
    page
}

fn handled(page: &LedgerPage) -> Vec<u64> {
    let nothing = LedgerPage::empty(page.number());
    page.handled_beyond(&nothing).map(|p| p.0).collect()
}

fn repeated(page: &LedgerPage) -> Vec<u64> {
    page.repeated().map(|position| position.0).collect()
}

#[test]
fn a_page_ends_where_the_next_begins() {
    let number = |position| LedgerPage::number_of(Position(position));
    assert_eq!([1, 4096, 4097, 8192, 8193].map(number), [0, 0, 1, 1, 2]);
    let pages = [0, 1].map(LedgerPage::empty);
    assert_eq!(pages.each_ref().map(|page| page.after().0), [0, 4096]);
    assert_eq!(pages.each_ref().map(|page| page.last().0), [4096, 8192]);
}

#[test]
fn a_page_holds_its_first_and_its_last_position() {
    for (number, ends) in [(0, [1, 4096]), (1, [4097, 8192])] {
        assert_eq!(handled(&page(number, &ends)), ends);
    }
}

#[test]
#[should_panic(expected = "position 4097 is on another page")]
fn a_position_of_another_page_is_refused() {
    page(0, &[4097]);
}

#[test]
fn events_are_cut_into_those_of_each_page() {
    let events = [1, 4096, 4097, 20_000].map(|position| HandledEvent {
        position: Position(position),
        id: event(u128::from(position)),
    });
    let cut: Vec<_> = LedgerPage::by_page(&events)
        .map(|(number, events)| (number, events.len()))
        .collect();
    assert_eq!(cut, [(0, 2), (1, 1), (4, 1)]);
    assert_eq!(LedgerPage::by_page(&[]).count(), 0);
}

#[test]
fn an_event_that_is_handled_twice_shows() {
    let page = page(0, &[7, 9, 7, 7]);
    assert_eq!(page.times(), 4);
    assert_eq!((handled(&page), repeated(&page)), (vec![7, 9], vec![7]));
}

#[test]
fn the_order_of_handling_shows_nowhere() {
    assert_eq!(page(0, &[1, 2, 3]), page(0, &[3, 1, 2]));
}

#[test]
fn another_event_at_the_same_position_shows_in_the_digest() {
    let mut other = page(0, &[1]);
    other.record(Position(2), event(99));
    assert_ne!(other.digest(), page(0, &[1, 2]).digest());
}

#[test]
fn the_same_events_at_each_others_positions_show_in_the_digest() {
    let mut swapped = LedgerPage::empty(0);
    swapped.record(Position(1), event(2));
    swapped.record(Position(2), event(1));
    assert_ne!(swapped.digest(), page(0, &[1, 2]).digest());
}

#[test]
fn the_digest_is_the_same_in_every_version() {
    let digest = page(0, &[1, 2]).digest();
    assert_eq!(digest.to_string(), "07ff393a4b08af01376d6a6dd552aab8");
}

#[test]
fn a_page_comes_back_from_its_bytes() {
    for (page, length) in [
        (page(0, &[]), 562),
        (page(3, &[12_289, 12_345]), 562),
        (page(0, &[1, 4096, 4096]), 1074),
    ] {
        let bytes = page.to_bytes();
        assert_eq!(bytes.len(), length);
        assert_eq!(LedgerPage::from_bytes(page.number(), &bytes), Ok(page));
    }
}

#[test]
fn any_changed_bit_is_noticed() {
    let bytes = page(0, &[1, 2, 2]).to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(LedgerPage::from_bytes(0, &damaged).is_err(), "bit {bit}");
    }
}

#[test]
fn bytes_cut_short_or_added_are_noticed() {
    let bytes = page(0, &[1, 2, 2]).to_bytes();
    for length in 0..bytes.len() {
        let damaged = LedgerPage::from_bytes(0, &bytes[..length]).unwrap_err();
        // That is as long as a page without repeats; its check tells.
        if length != 562 {
            assert_eq!(damaged.reason, format!("it has {length} bytes"));
        }
    }
    let longer = [bytes, vec![0]].concat();
    let damaged = LedgerPage::from_bytes(0, &longer).unwrap_err();
    assert_eq!(damaged.reason, "it has 1075 bytes");
}

#[test]
fn another_page_is_noticed() {
    let damaged = LedgerPage::from_bytes(5, &page(0, &[1]).to_bytes()).unwrap_err();
    assert_eq!(
        damaged.to_string(),
        "page 5 of the ledger is damaged: page 0 is in its place"
    );
    let error = ProjectionError::from(damaged);
    assert!(matches!(error, ProjectionError::Damaged { .. }));
}
