use proptest::prelude::*;

use super::*;

const STORE: StoreId = [7; 16];

fn framing() -> Framing {
    Framing::new(&STORE, 1, 1)
}

fn encoded(frame: Frame<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    framing().encode(frame, &mut bytes);
    bytes
}

fn record() -> Frame<'static> {
    Frame {
        kind: FrameKind::Record,
        position: 3,
        payload: b"payload",
    }
}

#[test]
fn a_frame_is_read_as_it_was_written_whatever_follows() {
    let mut bytes = encoded(record());
    assert_eq!(record().size(), bytes.len());
    bytes.extend_from_slice(b"more");
    assert_eq!(framing().decode(&bytes), Some(record()));
}

#[test]
fn a_frame_with_any_bit_flipped_is_not_valid() {
    let bytes = encoded(record());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(framing().decode(&flipped), None, "bit {bit}");
    }
}

#[test]
fn a_frame_of_another_place_is_not_valid() {
    let bytes = encoded(record());
    for elsewhere in [
        Framing::new(&[8; 16], 1, 1),
        Framing::new(&STORE, 2, 1),
        Framing::new(&STORE, 1, 2),
    ] {
        assert_eq!(elsewhere.decode(&bytes), None);
    }
}

#[test]
fn a_frame_cut_anywhere_is_not_valid() {
    let bytes = encoded(record());
    for length in 0..bytes.len() {
        assert_eq!(framing().decode(&bytes[..length]), None, "{length} bytes");
    }
}

#[test]
fn a_length_beyond_the_bytes_is_not_believed() {
    let mut bytes = encoded(record());
    bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(framing().decode(&bytes), None);
}

proptest! {
    #[test]
    fn any_payload_comes_back(payload: Vec<u8>, position: u64) {
        let frame = Frame { kind: FrameKind::Record, position, payload: &payload };
        let bytes = encoded(frame);
        prop_assert_eq!(framing().decode(&bytes), Some(frame));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = framing().decode(&bytes);
        let _ = claimed_size(&bytes);
    }
}
