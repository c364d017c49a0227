use super::*;

/// Does nothing, but for one piece of work that takes long.
struct StallsOnce {
    pieces: u32,
    stall_at: u32,
}

const STALL: Duration = Duration::from_millis(200);

#[async_trait::async_trait]
impl Worker for StallsOnce {
    async fn work(&mut self) -> Outcome<u64> {
        self.pieces += 1;
        if self.pieces == self.stall_at {
            let never = std::future::pending::<()>();
            let _over = tokio::time::timeout(STALL, never).await;
        }
        Ok(1)
    }
}

#[tokio::test]
async fn at_a_pace_what_waits_behind_a_slow_piece_counts_as_slow() -> Outcome {
    let worker = StallsOnce {
        pieces: 0,
        stall_at: 2,
    };
    // All of them become due while the first of them is worked on.
    let time = STALL / 4;
    let latency = at_pace(vec![Box::new(worker)], 1_000.0, time).await?;
    assert_eq!(latency.len(), 50);
    assert!(latency.min() >= micros(STALL - time - time));
    Ok(())
}

#[tokio::test]
async fn the_first_piece_of_each_worker_is_not_counted() -> Outcome {
    let worker = StallsOnce {
        pieces: 0,
        stall_at: 1,
    };
    let run = at_full_speed(vec![Box::new(worker)], STALL / 4).await?;
    assert!(run.latency.max() < micros(STALL));
    assert!(run.per_second > 0.0);
    Ok(())
}
