use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Number(u64);

impl Cursor for Number {
    const COLLECTION: &'static str = "numbers";
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct OtherNumber(u64);

impl Cursor for OtherNumber {
    const COLLECTION: &'static str = "other numbers";
}

/// A page of the numbers from 1 to `last`.
fn page(request: &PageRequest<Number>, last: u64) -> Page<u64> {
    let after = request.after.as_ref().map_or(0, |number| number.0);
    let rows = (after + 1..=last).take(request.rows_to_read() as usize);
    request.page(rows.collect(), |number| Number(*number))
}

#[test]
fn following_the_cursor_shows_every_row_once() {
    let mut request = PageRequest {
        limit: 3,
        after: None,
    };
    let mut seen = Vec::new();
    loop {
        let page = page(&request, 10);
        seen.extend(page.data);
        let Some(cursor) = page.pagination.next_cursor else {
            assert!(!page.pagination.has_more);
            break;
        };
        assert!(page.pagination.has_more);
        request.after = Some(read_cursor(&cursor).unwrap());
    }
    assert_eq!(seen, (1..=10).collect::<Vec<_>>());
}

#[test]
fn a_page_that_ends_with_the_last_row_has_no_next_one() {
    let request = PageRequest {
        limit: 5,
        after: None,
    };
    let page = page(&request, 5);
    assert_eq!(page.data.len(), 5);
    assert!(!page.pagination.has_more && page.pagination.next_cursor.is_none());
}

#[test]
fn a_cursor_of_another_collection_or_of_nobodys_making_is_refused() {
    let cursor = write_cursor(&Number(7));
    assert_eq!(read_cursor::<Number>(&cursor), Ok(Number(7)));
    assert!(read_cursor::<OtherNumber>(&cursor).is_err());
    let newer = BASE64_URL_SAFE_NO_PAD.encode(r#"{"v":2,"of":"numbers","after":7}"#);
    for cursor in ["", "7", "!!", "e30", &cursor[1..], &newer] {
        assert!(read_cursor::<Number>(cursor).is_err(), "{cursor}");
    }
}

#[test]
fn a_limit_is_one_to_a_hundred() {
    assert_eq!(parse_limit("1"), Ok(1));
    assert_eq!(parse_limit("100"), Ok(100));
    for limit in ["0", "101", "-1", "1.5", "ten", "", "99999999999999999999"] {
        assert!(parse_limit(limit).is_err(), "{limit}");
    }
}
