use proptest::prelude::*;

use super::*;
use crate::batch::{self, Batch, Place};
use crate::commit::COMMIT_FRAME_BYTES;
use crate::frame::FRAME_HEADER_BYTES;

const SEGMENT_BYTES: usize = 8 * 1024;
const MAX_BATCH_BYTES: u32 = 2048;
const UNPROVEN: Evidence = Evidence {
    durable: 0,
    at_rest: false,
};

/// A segment in the making.
struct Segment {
    bytes: Vec<u8>,
    extent: Extent,
    /// What every payload is full of.
    fill: u8,
}

impl Segment {
    fn new() -> Segment {
        let header = SegmentHeader::first([7; 16], MAX_BATCH_BYTES);
        let mut bytes = header.encode();
        bytes.resize(SEGMENT_BYTES, 0);
        Segment {
            bytes,
            extent: Extent::of_empty(header),
            fill: 0xAA,
        }
    }

    fn with(payload_lengths: &[&[usize]]) -> Segment {
        let mut segment = Segment::new();
        for lengths in payload_lengths {
            segment.write(lengths);
        }
        segment
    }

    fn write(&mut self, payload_lengths: &[usize]) {
        let mut batch = Batch::new();
        for length in payload_lengths {
            batch.push(&vec![self.fill; *length]);
        }
        let Extent {
            ref header,
            end,
            next,
            chain,
        } = self.extent;
        let (mut frames, mut offsets) = (Vec::new(), Vec::new());
        let place = Place {
            framing: header.framing(),
            first: next,
            chain,
        };
        self.extent.chain = batch::encode(&batch, &place, &mut frames, &mut offsets);
        self.bytes[end as usize..end as usize + frames.len()].copy_from_slice(&frames);
        self.extent.end += u32::try_from(frames.len()).unwrap();
        self.extent.next += batch.len() as u64;
    }

    fn end(&self) -> usize {
        self.extent.end as usize
    }

    fn verdict(&self, evidence: Evidence) -> Verdict {
        scan(&self.bytes, evidence, &mut |_| {})
    }
}

fn damage(verdict: Verdict) -> Damage {
    match verdict {
        Verdict::Corrupt { damage, .. } => damage,
        other => panic!("not corrupt: {other:?}"),
    }
}

#[test]
fn a_whole_segment_shows_its_records_in_order() {
    let segment = Segment::with(&[&[10, 0], &[700]]);
    let mut found = Vec::new();
    let verdict = scan(&segment.bytes, UNPROVEN, &mut |record| {
        found.push((record.position, record.payload.len()));
    });
    assert_eq!(verdict, Verdict::Whole(segment.extent));
    assert_eq!(found, [(1, 10), (2, 0), (3, 700)]);
}

#[test]
fn a_batch_without_its_commit_is_torn() {
    let mut segment = Segment::with(&[&[10]]);
    let kept = segment.extent.clone();
    segment.write(&[10, 10]);
    let (commit, end) = (segment.end() - COMMIT_FRAME_BYTES, segment.end());
    segment.bytes[commit..end].fill(0);
    assert_eq!(
        segment.verdict(UNPROVEN),
        Verdict::Torn {
            kept,
            end: u32::try_from(commit).unwrap()
        }
    );
}

#[test]
fn a_batch_that_lacks_a_sector_is_torn() {
    let mut segment = Segment::with(&[&[10]]);
    let kept = segment.extent.clone();
    segment.write(&[500, 500, 500]);
    segment.bytes[1024..1536].fill(0);
    assert_eq!(
        segment.verdict(UNPROVEN),
        Verdict::Torn {
            kept,
            end: segment.extent.end
        }
    );
}

#[test]
fn a_tail_known_to_be_durable_is_corrupt() {
    let mut segment = Segment::with(&[&[10], &[500, 500, 500]]);
    segment.bytes[1024..1536].fill(0);
    assert_eq!(
        damage(segment.verdict(Evidence {
            durable: 4,
            at_rest: false
        })),
        Damage::Frame
    );
    assert_eq!(
        damage(segment.verdict(Evidence {
            durable: 0,
            at_rest: true
        })),
        Damage::Frame
    );
}

#[test]
fn zeros_in_place_of_durable_records_are_corrupt() {
    let segment = Segment::with(&[&[10]]);
    let verdict = segment.verdict(Evidence {
        durable: 2,
        at_rest: false,
    });
    assert_eq!(damage(verdict), Damage::Acknowledged { durable: 2 });
}

#[test]
fn a_missing_sector_before_a_later_commit_is_corrupt() {
    let mut segment = Segment::with(&[&[500, 500], &[10]]);
    segment.bytes[1024..1536].fill(0);
    assert_eq!(damage(segment.verdict(UNPROVEN)), Damage::BeyondOneBatch);
}

#[test]
fn more_bytes_than_the_largest_batch_are_corrupt() {
    let mut segment = Segment::with(&[&[10]]);
    let start = segment.end();
    segment.bytes[start + MAX_BATCH_BYTES as usize] = 1;
    assert_eq!(damage(segment.verdict(UNPROVEN)), Damage::BeyondOneBatch);
    segment.bytes[start + MAX_BATCH_BYTES as usize] = 0;
    segment.bytes[start + MAX_BATCH_BYTES as usize - 1] = 1;
    assert!(matches!(segment.verdict(UNPROVEN), Verdict::Torn { .. }));
}

#[test]
fn a_flipped_bit_in_a_wholly_written_batch_is_corrupt_although_nothing_proves_it_durable() {
    let mut segment = Segment::with(&[&[10]]);
    let payload = segment.end() + FRAME_HEADER_BYTES;
    segment.write(&[10]);
    segment.bytes[payload] ^= 1;
    let verdict = segment.verdict(UNPROVEN);
    let offset = (payload - FRAME_HEADER_BYTES) as u64;
    assert_eq!(
        verdict,
        Verdict::Corrupt {
            offset,
            position: 2,
            damage: Damage::Frame
        }
    );
}

#[test]
fn a_batch_copied_over_another_is_corrupt() {
    let mut segment = Segment::with(&[&[10], &[10]]);
    let first = HEADER_BYTES as usize;
    let length = (segment.end() - first) / 2;
    segment
        .bytes
        .copy_within(first..first + length, first + length);
    assert_eq!(
        damage(segment.verdict(UNPROVEN)),
        Damage::WrongPosition { found: 1 }
    );
}

#[test]
fn a_batch_exchanged_for_one_that_fits_but_for_the_chain_is_corrupt() {
    let mut segment = Segment::with(&[&[10]]);
    let mut other = Segment {
        fill: 0xBB,
        ..Segment::new()
    };
    other.write(&[10]);
    let second = segment.end();
    segment.write(&[10]);
    other.write(&[10]);
    segment.bytes[second..].copy_from_slice(&other.bytes[second..]);
    assert_eq!(damage(segment.verdict(UNPROVEN)), Damage::Chain);
}

#[test]
fn a_newer_format_and_a_foreign_file_are_told_from_damage() {
    let mut newer = SegmentHeader::first([7; 16], 0).encode();
    newer[8] = 2;
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&newer[..12]), &newer[16..]);
    newer[12..16].copy_from_slice(&checksum.to_le_bytes());
    assert_eq!(scan(&newer, UNPROVEN, &mut |_| {}), Verdict::Newer(2));

    newer[8] = 1;
    assert_eq!(damage(scan(&newer, UNPROVEN, &mut |_| {})), Damage::Header);
    assert_eq!(scan(&[9; 512], UNPROVEN, &mut |_| {}), Verdict::NotASegment);
}

/// A valid header that says anything, so that the bytes after it are looked at.
fn any_header() -> impl Strategy<Value = SegmentHeader> {
    let numbers = (any::<u64>(), any::<u64>(), 1..=u64::MAX, any::<u32>());
    (any::<[u8; 16]>(), numbers, any::<[u8; 32]>()).prop_map(
        |(store_id, (number, epoch, first, max), chain)| SegmentHeader {
            store_id,
            number,
            epoch,
            first,
            chain,
            max_batch_bytes: max,
        },
    )
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, durable: u64, at_rest: bool) {
        scan(&bytes, Evidence { durable, at_rest }, &mut |_| {});
    }

    #[test]
    fn arbitrary_bytes_after_a_header_never_panic(header in any_header(), bytes: Vec<u8>, durable: u64) {
        let mut file = header.encode();
        file.extend_from_slice(&bytes);
        scan(&file, Evidence { durable, at_rest: false }, &mut |_| {});
    }

    #[test]
    fn arbitrary_frames_after_a_header_never_panic(
        header in any_header(),
        frames in prop::collection::vec((any::<bool>(), any::<u64>(), prop::collection::vec(any::<u8>(), 0..80)), 0..8),
        zeroed in 0..2000_usize,
    ) {
        let mut file = header.encode();
        for (commit, distance, payload) in &frames {
            let kind = if *commit { FrameKind::Commit } else { FrameKind::Record };
            let position = header.first.wrapping_add(distance % 3);
            header.framing().encode(Frame { kind, position, payload }, &mut file);
        }
        if let Some(byte) = file.get_mut(HEADER_BYTES as usize + zeroed) {
            *byte = 0;
        }
        scan(&file, UNPROVEN, &mut |_| {});
    }

    #[test]
    fn a_damaged_segment_shows_only_records_that_were_written(
        damage in prop::collection::vec((512..SEGMENT_BYTES, any::<u8>()), 1..20)
    ) {
        let mut segment = Segment::with(&[&[10, 20], &[600, 600], &[30], &[1000]]);
        for (offset, byte) in damage {
            segment.bytes[offset] = byte;
        }
        scan(&segment.bytes, UNPROVEN, &mut |record| {
            let lengths = [10, 20, 600, 600, 30, 1000];
            let index = usize::try_from(record.position).unwrap() - 1;
            assert_eq!(record.payload, vec![0xAA; lengths[index]]);
        });
    }
}
