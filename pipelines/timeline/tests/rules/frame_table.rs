use bookend_timeline::{FrameKind, FrameTable, FrameTableError, ShownFrame};
use bookend_units::FrameRate;
use proptest::prelude::*;

fn any_frame() -> impl Strategy<Value = ShownFrame> {
    let kind = prop::sample::select(vec![FrameKind::Progressive, FrameKind::TopFirst, FrameKind::BottomFirst]);
    let parts = (any::<i64>(), any::<u32>(), any::<bool>(), kind);
    parts.prop_map(|(ticks, duration_ticks, key, kind)| ShownFrame { ticks, duration_ticks, key, kind })
}

#[test]
fn the_bytes_are_those_of_its_page() {
    let frame = |ticks, duration_ticks, key, kind| ShownFrame { ticks, duration_ticks, key, kind };
    let frames = vec![frame(-1, 0, true, FrameKind::Progressive), frame(199, 300, false, FrameKind::BottomFirst)];
    let table = FrameTable { time_base: (1, 1000), declared_rate: FrameRate::new(25, 1), frames };
    let words = [1_u32, 1000, 25, 1, 2].map(u32::to_le_bytes).concat();
    let wanted = [b"BKFT\x01".as_slice(), &words, &[4, 1, 0], &[2, 0x90, 0x03, 0xac, 0x02]].concat();
    assert_eq!(table.encode(), wanted);
}

#[test]
fn a_stated_count_is_not_trusted() {
    let mut bytes = FrameTable { time_base: (1, 25), declared_rate: None, frames: Vec::new() }.encode();
    bytes[21..25].copy_from_slice(&19_000_000_u32.to_le_bytes());
    assert_eq!(FrameTable::decode(&bytes), Err(FrameTableError::Damaged { at: 25 }));
    bytes[21..25].copy_from_slice(&20_000_001_u32.to_le_bytes());
    assert_eq!(FrameTable::decode(&bytes), Err(FrameTableError::TooManyFrames { frames: 20_000_001 }));
    bytes[4] = 2;
    assert_eq!(FrameTable::decode(&bytes), Err(FrameTableError::Version { found: 2 }));
    assert_eq!(FrameTable::decode(b"BKF"), Err(FrameTableError::NotATable));
}

#[test]
fn a_number_beyond_64_bits_is_damage() {
    let head = [1_u32, 1000, 0, 0, 1].map(u32::to_le_bytes).concat();
    let with_tenth = |tenth: u8| [b"BKFT\x01".as_slice(), &head, &[0], &[0xff; 9], &[tenth, 0]].concat();
    assert_eq!(FrameTable::decode(&with_tenth(1)).map(|table| table.frames[0].ticks), Ok(i64::MIN));
    assert_eq!(FrameTable::decode(&with_tenth(3)), Err(FrameTableError::Damaged { at: 36 }));
}

proptest! {
    #[test]
    fn a_table_round_trips(
        frames in prop::collection::vec(any_frame(), 0..50),
        time_base in (1..=u32::MAX, 1..=u32::MAX),
        declared in prop::option::of((1..=u32::MAX, 1..=u32::MAX)),
        cut in any::<prop::sample::Index>(),
    ) {
        let declared_rate = declared.and_then(|(num, den)| FrameRate::new(num, den));
        let table = FrameTable { time_base, declared_rate, frames };
        let bytes = table.encode();
        prop_assert_eq!(FrameTable::decode(&bytes), Ok(table));
        prop_assert!(FrameTable::decode(&bytes[..cut.index(bytes.len())]).is_err(), "an early end");
        prop_assert!(FrameTable::decode(&[bytes, vec![0]].concat()).is_err(), "something after");
    }

    #[test]
    fn any_bytes_are_a_table_or_refused(tail in prop::collection::vec(any::<u8>(), 0..80), frames in 0..20_u32) {
        let head = [1_u32, 1000, 0, 0, frames].map(u32::to_le_bytes).concat();
        let _ = FrameTable::decode(&tail);
        let _ = FrameTable::decode(&[b"BKFT\x01".as_slice(), &head, &tail].concat());
    }
}
