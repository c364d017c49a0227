//! The power fails between any two writes to a file of SQLite, or amid one: the write-ahead log ends
//! anywhere. What is in the database then is the fold of the log, and a process that is started on it
//! goes on from there.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use annals::EventStore;
use annals::sqlite::Database;
use futures_util::future::join_all;
use tempfile::TempDir;

use crate::era::Era;

/// Of the write-ahead log, and of each frame in it, which holds a page.
const HEADER: usize = 32;
const FRAME: usize = 24 + 4096;
/// SQLite begins to move frames into the database file when there are a thousand.
const MOST_FRAMES: usize = 1_000;
/// A longer one takes longer to be read at each start.
const ENOUGH_FRAMES: usize = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_its_write_ahead_log_ends() {
    // Side by side, since each waits for the disk most of the time.
    let eras = join_all((200..206).map(cut_everywhere)).await;
    let cuts: usize = eras.iter().map(|(cuts, _)| cuts).sum();
    let compared: usize = eras.iter().map(|(_, compared)| compared).sum();
    assert!(cuts >= 1_800, "{cuts}");
    assert!(compared >= 240, "{compared}");
}

/// Answers how often it was cut, and how many read models were compared with a rebuild.
async fn cut_everywhere(seed: u64) -> (usize, usize) {
    let files = Files::of_an_era(seed).await;
    let (mut cuts, mut compared) = (0, 0);
    for end in files.ends() {
        let (_directory, era) = files.cut(end).await;
        era.judge().await;
        cuts += 1;
        if cuts % 14 == 0 {
            era.compare_with_a_rebuild().await;
            compared += 2;
        }
    }
    (cuts, compared)
}

/// The files of a database that was left standing, and the log of which it is.
struct Files {
    store: Arc<dyn EventStore>,
    database: Vec<u8>,
    write_ahead_log: Vec<u8>,
}

impl Files {
    /// Of some processes that nothing happened to. All they wrote is in the write-ahead log.
    async fn of_an_era(seed: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (path, write_ahead_log) = paths(&directory);
        let database = Database::open(&path).await.unwrap();
        let made = fs::read(&path).unwrap();
        let mut era = Era::begin(Arc::new(database), seed);
        while frames(&fs::read(&write_ahead_log).unwrap()) < ENOUGH_FRAMES {
            era.live_unharmed().await;
        }
        let files = Self {
            store: Arc::clone(era.store()),
            database: fs::read(path).unwrap(),
            write_ahead_log: fs::read(write_ahead_log).unwrap(),
        };
        assert!(frames(&files.write_ahead_log) < MOST_FRAMES);
        assert!(made == files.database, "frames were moved");
        files
    }

    /// Where the write-ahead log is cut: behind each frame, and somewhere in the next.
    fn ends(&self) -> impl Iterator<Item = usize> {
        let frames = 0..frames(&self.write_ahead_log);
        let begins = frames.map(|number| HEADER + number * FRAME);
        begins.flat_map(|begin| [begin, begin + 1 + begin % (FRAME - 1)])
    }

    /// What is found after the write-ahead log was written up to an end.
    async fn cut(&self, end: usize) -> (TempDir, Era) {
        let directory = tempfile::tempdir().unwrap();
        let (path, write_ahead_log) = paths(&directory);
        fs::write(&path, &self.database).unwrap();
        fs::write(write_ahead_log, &self.write_ahead_log[..end]).unwrap();
        let database = Database::open(path).await.unwrap();
        let era = Era::with(Arc::clone(&self.store), Arc::new(database), 0);
        (directory, era)
    }
}

fn paths(directory: &TempDir) -> (PathBuf, PathBuf) {
    let path = |name| directory.path().join(name);
    (path("read-models.db"), path("read-models.db-wal"))
}

fn frames(write_ahead_log: &[u8]) -> usize {
    write_ahead_log.len().saturating_sub(HEADER) / FRAME
}
