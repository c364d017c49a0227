//! Which of several processes has something done for which instances of a saga.
//!
//! Each takes a seat, which is a lease, and the instances are shared out among the seats that are taken. For a
//! moment, two may believe that an instance is theirs, or nobody: what is done twice has its effect once, and
//! what nobody did is found when it is looked for next.

use std::collections::BTreeSet;
use std::future::pending;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{InstanceId, Lease, LeaseError, Leases};

use super::SagaOptions;

/// Most processes that work on a saga at once; more stand by.
const SEATS: usize = 64;

/// No share is known for longer than this before it is asked for again, and no seat is waited for longer.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// The seats at a saga.
pub(super) struct Seats {
    saga: &'static str,
    /// `None`: there is one process.
    leases: Option<Arc<dyn Leases>>,
}

/// One that is taken. Dropping it leaves it to another process.
pub(super) struct Seat<'a> {
    seats: &'a Seats,
    number: usize,
    /// `None`: nobody else wants it.
    lease: Option<Lease>,
}

/// The instances of one seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// Which of the seats that are taken it is, counted from 0.
    pub(super) index: usize,
    /// How many are taken.
    pub(super) of: NonZeroUsize,
}

impl Seats {
    /// Those at a saga. Without leases there is one.
    pub(super) fn at(saga: &'static str, leases: Option<Arc<dyn Leases>>) -> Self {
        Self { saga, leases }
    }

    /// Takes the first that is free. `None`: there is none.
    pub(super) async fn take(&self) -> Result<Option<Seat<'_>>, LeaseError> {
        let Some(leases) = &self.leases else {
            return Ok(Some(self.seat(0, None)));
        };
        let taken = self.taken(&**leases).await?;
        for number in (0..SEATS).filter(|number| !taken.contains(number)) {
            let work = format!("{}{number}", self.prefix());
            if let Some(lease) = leases.try_acquire(&work).await? {
                return Ok(Some(self.seat(number, Some(lease))));
            }
        }
        Ok(None)
    }

    fn seat(&self, number: usize, lease: Option<Lease>) -> Seat<'_> {
        Seat {
            seats: self,
            number,
            lease,
        }
    }

    async fn taken(&self, leases: &dyn Leases) -> Result<BTreeSet<usize>, LeaseError> {
        let prefix = self.prefix();
        let held = leases.held(&prefix).await?;
        let numbers = held.iter().map(|work| work[prefix.len()..].parse());
        Ok(numbers.filter_map(Result::ok).collect())
    }

    fn prefix(&self) -> String {
        format!("saga/{}/", self.saga)
    }
}

impl Seat<'_> {
    /// Which instances it has as of now: that changes when other seats are taken or left.
    pub(super) async fn share(&self) -> Result<Share, LeaseError> {
        let mut taken = match &self.seats.leases {
            Some(leases) => self.seats.taken(&**leases).await?,
            None => BTreeSet::new(),
        };
        taken.insert(self.number);
        Ok(Share {
            index: taken.range(..self.number).count(),
            of: NonZeroUsize::new(taken.len()).expect("its own is among them"),
        })
    }

    /// Waits until it is another's.
    pub(super) async fn lost(&self) {
        match &self.lease {
            Some(lease) => lease.lost().await,
            None => pending().await,
        }
    }

    /// Tells that a step of the work begins.
    pub(super) fn working(&self) {
        self.lease.as_ref().inspect(|lease| lease.working());
    }

    /// Tells that there is nothing to do.
    pub(super) fn idle(&self) {
        self.lease.as_ref().inspect(|lease| lease.idle());
    }
}

/// How often it is asked who works on a saga.
pub(super) fn asked_every(options: &SagaOptions) -> Duration {
    ASK_EVERY.min(options.look_every)
}

impl Share {
    /// True if others have the rest.
    pub(super) fn is_part(self) -> bool {
        self.of.get() > 1
    }

    /// True if an instance is one of it.
    pub(super) fn has(self, instance: &InstanceId) -> bool {
        instance.share_of(self.of) == self.index
    }
}

#[cfg(test)]
mod tests {
    use annals_core::Timestamp;
    use annals_testing::{ManualClock, MemoryLeases};

    use super::*;

    fn share(index: usize, of: usize) -> Share {
        let of = NonZeroUsize::new(of).unwrap();
        Share { index, of }
    }

    fn seats(leases: &MemoryLeases) -> Seats {
        Seats::at("transfer", Some(Arc::new(leases.clone())))
    }

    #[tokio::test]
    async fn each_seat_has_a_share_of_those_that_are_taken() {
        let leases = MemoryLeases::new(&ManualClock::at(Timestamp::UNIX_EPOCH));
        let seats = seats(&leases);
        let first = seats.take().await.unwrap().unwrap();
        assert_eq!(first.share().await.unwrap(), share(0, 1));
        let _second = seats.take().await.unwrap();
        let third = seats.take().await.unwrap().unwrap();
        assert_eq!(third.share().await.unwrap(), share(2, 3));
        leases.take_away("saga/transfer/1");
        assert_eq!(third.share().await.unwrap(), share(1, 2));
        assert_eq!(first.share().await.unwrap(), share(0, 2));
    }

    #[tokio::test]
    async fn who_finds_no_seat_stands_by_until_one_is_left() {
        let leases = MemoryLeases::new(&ManualClock::at(Timestamp::UNIX_EPOCH));
        let seats = seats(&leases);
        let mut taken = Vec::new();
        while let Some(seat) = seats.take().await.unwrap() {
            taken.push(seat);
        }
        assert_eq!(taken.len(), SEATS);
        leases.take_away("saga/transfer/7");
        let seat = seats.take().await.unwrap().unwrap();
        assert_eq!(seat.number, 7);
    }

    #[test]
    fn every_instance_is_of_one_share() {
        let mut sizes = [0; 3];
        for number in 0..3_000 {
            let instance = InstanceId::new(number.to_string()).unwrap();
            let has = |index| share(index, 3).has(&instance);
            let indices: Vec<_> = (0..3).filter(|index| has(*index)).collect();
            let [index] = indices[..] else {
                panic!("{instance} is of {indices:?}");
            };
            sizes[index] += 1;
        }
        assert!(sizes.iter().all(|size| *size > 900), "{sizes:?}");
    }
}
