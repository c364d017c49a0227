//! The ways to cut events into batches.

/// Of so many events each way is tried: of ten there are 512.
const FEW: usize = 10;

/// How many events each batch has, in order.
pub(super) type Sizes = Vec<usize>;

/// Every way for a few events; for more, batches of each size and every cut in two.
pub(super) fn all(events: usize) -> Vec<Sizes> {
    match events {
        0 => Vec::new(),
        1..=FEW => every(events).collect(),
        _ => of_each_size(events).chain(in_two(events)).collect(),
    }
}

/// Every cut in two.
pub(super) fn in_two(events: usize) -> impl Iterator<Item = Sizes> {
    (1..events).map(move |first| vec![first, events - first])
}

/// Each event by itself.
pub(super) fn single(events: usize) -> Sizes {
    vec![1; events]
}

fn every(events: usize) -> impl Iterator<Item = Sizes> {
    let cuts = 0..1_u32 << (events - 1);
    // A bit for each place between two events.
    cuts.map(move |cuts| cut(events, |place| cuts & (1 << (place - 1)) != 0))
}

fn of_each_size(events: usize) -> impl Iterator<Item = Sizes> {
    (1..=events).map(move |size| cut(events, |place| place.is_multiple_of(size)))
}

fn cut(events: usize, is_cut_before: impl Fn(usize) -> bool) -> Sizes {
    let mut sizes = Vec::new();
    let mut first = 0;
    for place in 1..=events {
        if place == events || is_cut_before(place) {
            sizes.push(place - first);
            first = place;
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_events_are_cut_in_every_way() {
        assert_eq!(all(0), Vec::<Sizes>::new());
        assert_eq!(all(1), [[1]]);
        let of_three = [vec![3], vec![1, 2], vec![2, 1], vec![1, 1, 1]];
        assert_eq!(all(3), of_three);
        assert_eq!(all(FEW).len(), 512);
    }

    #[test]
    fn many_events_are_cut_into_batches_of_each_size_and_in_two_everywhere() {
        let ways = all(25);
        assert_eq!(ways.len(), 25 + 24);
        assert!(ways.contains(&vec![10, 10, 5]));
        assert!(ways.contains(&vec![23, 2]));
        assert!(ways.iter().all(|sizes| sizes.iter().sum::<usize>() == 25));
    }
}
