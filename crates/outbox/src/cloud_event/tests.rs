//! The forms of an event, as the specification has them.

use serde_json::json;

use super::*;

fn event(content_type: &str, data: &'static [u8]) -> CloudEvent {
    CloudEvent {
        id: "01a1fe9b".to_owned(),
        source: "https://bank.example".to_owned(),
        event_type: "MoneyDeposited".to_owned(),
        subject: "Account-7".to_owned(),
        time: Timestamp::UNIX_EPOCH,
        extensions: BTreeMap::from([("position", "3".to_owned())]),
        content_type: ContentType::new(content_type).unwrap(),
        data: data.into(),
    }
}

fn structured(event: &CloudEvent) -> Value {
    serde_json::from_slice(&event.to_json()).unwrap()
}

#[test]
fn a_structured_event_is_one_object() {
    let event = event("application/json", br#"{"cents":5}"#);
    let expected = json!({
        "specversion": "1.0",
        "id": "01a1fe9b",
        "source": "https://bank.example",
        "type": "MoneyDeposited",
        "subject": "Account-7",
        "time": "1970-01-01T00:00:00Z",
        "position": "3",
        "datacontenttype": "application/json",
        "data": { "cents": 5 },
    });
    assert_eq!(structured(&event), expected);
}

#[test]
fn data_that_are_no_json_stand_in_base64() {
    for (content_type, data) in [
        ("application/msgpack", &b"\x81\xa5"[..]),
        ("application/json", b"{"),
    ] {
        let json = structured(&event(content_type, data));
        assert_eq!(json["data_base64"], BASE64.encode(data));
        assert_eq!(json.get("data"), None);
        assert_eq!(json["datacontenttype"], content_type);
    }
}

#[test]
fn json_by_another_name_is_json() {
    for content_type in [
        "application/vnd.bank+json",
        "application/json; charset=utf-8",
    ] {
        assert_eq!(structured(&event(content_type, b"[1]"))["data"], json!([1]));
    }
}

#[test]
fn a_header_holds_any_text() {
    let mut event = event("application/json", b"{}");
    event.subject = "Account-Zoë \"5\" 100%\r\nce-id: x".to_owned();
    let headers: BTreeMap<_, _> = event.headers().into_iter().collect();
    assert_eq!(
        headers["ce-subject"],
        "Account-Zo%C3%AB%20%225%22%20100%25%0D%0Ace-id:%20x"
    );
    assert_eq!(headers["ce-specversion"], "1.0");
    assert_eq!(headers["content-type"], "application/json");
}
