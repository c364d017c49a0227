//! The machine of the database loses its power under load, again and again.
//!
//! Its file system is shut down without writing what it holds in memory, then the server is
//! killed, and both come up again with what had reached the disk. The test itself is outside and
//! remembers what was acknowledged.

use annals_servers::{ClusterOptions, PostgresCluster, in_ci};

use crate::disk::{Disk, FileSystem};
use crate::history::Counts;
use crate::load::Load;
use crate::random::Random;

const CYCLES: usize = 50;

/// The power is cut at one of these acknowledgements.
const ACKNOWLEDGED: usize = 150;

#[tokio::test(flavor = "multi_thread")]
async fn power_cuts_on_ext4_lose_nothing_acknowledged() {
    power_cuts_lose_nothing_acknowledged(FileSystem::Ext4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn power_cuts_on_xfs_lose_nothing_acknowledged() {
    power_cuts_lose_nothing_acknowledged(FileSystem::Xfs).await;
}

async fn power_cuts_lose_nothing_acknowledged(file_system: FileSystem) {
    let disk = match Disk::new(file_system) {
        Ok(disk) => disk,
        Err(reason) => return skip(&reason),
    };
    let mut random = Random::of_this_run();
    let mut cluster = PostgresCluster::start_with(options(&disk)).unwrap();
    let mut load = Load::on(&cluster.url(), &mut random).await;
    let mut counts = Counts::default();
    for _ in 0..CYCLES {
        let acknowledged = 1 + random.below(ACKNOWLEDGED);
        let disk_goes_first = random.below(2) == 0;
        load.crash_after(acknowledged, || {
            if disk_goes_first {
                disk.cut_power();
                cluster.kill().unwrap();
            } else {
                cluster.kill().unwrap();
                disk.cut_power();
            }
        })
        .await;
        disk.power_on();
        cluster.start_again().unwrap();
        counts = counts.followed_by(load.verify().await);
    }
    eprintln!("{CYCLES} power cuts: {counts:?}");
    assert!(counts.acknowledged >= CYCLES && counts.in_flight() >= CYCLES);
    assert!(counts.refused >= CYCLES, "writers race for what they share");
    assert_eq!(load.finish().await.in_flight(), 0);
}

/// Small logs, so that checkpoints are among what is cut off.
fn options(disk: &Disk) -> ClusterOptions {
    ClusterOptions::new()
        .data(disk.folder("data"))
        .setting("max_wal_size", "32MB")
        .setting("min_wal_size", "32MB")
        .setting("checkpoint_timeout", "30s")
}

fn skip(reason: &str) {
    assert!(!in_ci(), "no file system to cut the power of: {reason}");
    eprintln!("skipped: no file system to cut the power of: {reason}");
}
