use super::*;

fn write(disk: &dyn Disk, name: &str, bytes: &[u8]) -> Arc<dyn DiskFile> {
    let file = disk.create(name).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file
}

fn contents(disk: &dyn Disk, name: &str) -> Vec<u8> {
    read_start(&*disk.open(name).unwrap(), u64::MAX).unwrap()
}

fn every(kind: io::ErrorKind, on: Call) -> Fault {
    Fault {
        on,
        nth: 1,
        kind,
        lasting: Lasting::UntilHealed,
    }
}

#[test]
fn a_crash_drops_bytes_and_names_that_were_not_synced() {
    let disk = MemoryDisk::new();
    let file = write(&disk, "a", b"old");
    file.sync().unwrap();
    disk.sync_directory().unwrap();
    file.write_all_at(b"newer", 0).unwrap();
    disk.rename("a", "b").unwrap();

    assert_eq!(contents(&disk, "b"), b"newer");
    let crashed = disk.after_crash();
    assert_eq!(crashed.list().unwrap(), ["a"]);
    assert_eq!(contents(&crashed, "a"), b"old");
}

#[test]
fn a_crash_may_leave_any_sectors_of_an_unsynced_write() {
    let disk = MemoryDisk::new();
    let file = write(&disk, "a", &[0; 1536]);
    file.sync().unwrap();
    disk.sync_directory().unwrap();
    file.write_all_at(&[7; 1536], 0).unwrap();

    let crashed = disk.after_crash_keeping(|change| change == Unsynced::Sector("a", 512));
    let bytes = contents(&crashed, "a");
    assert!(
        bytes[..512]
            .iter()
            .chain(&bytes[1024..])
            .all(|&byte| byte == 0)
    );
    assert!(bytes[512..1024].iter().all(|&byte| byte == 7));
}

#[test]
fn changes_of_the_directory_survive_a_crash_in_the_order_they_were_made() {
    let disk = MemoryDisk::new();
    write(&disk, "a", b"");
    write(&disk, "b", b"");
    disk.remove("a").unwrap();

    let mut changes = 0;
    let crashed = disk.after_crash_keeping(|_| {
        changes += 1;
        changes <= 2
    });
    assert_eq!(crashed.list().unwrap(), ["a", "b"]);
}

#[test]
fn what_a_failed_sync_lost_no_later_sync_brings_back() {
    let disk = MemoryDisk::new();
    let file = write(&disk, "a", b"lost");
    disk.sync_directory().unwrap();
    disk.inject(Fault {
        lasting: Lasting::Once,
        ..every(io::ErrorKind::Other, Call::Sync)
    });
    file.sync().unwrap_err();
    file.sync().unwrap();

    assert_eq!(contents(&disk, "a"), b"lost");
    assert_eq!(contents(&disk.after_crash(), "a"), [0; 4]);

    file.write_all_at(b"kept", 0).unwrap();
    file.sync().unwrap();
    assert_eq!(contents(&disk.after_crash(), "a"), b"kept");
}

#[test]
fn a_file_cut_without_a_sync_has_its_end_back_after_a_crash() {
    let disk = MemoryDisk::new();
    let file = write(&disk, "a", &[7; 700]);
    file.sync().unwrap();
    disk.sync_directory().unwrap();
    file.set_len(100).unwrap();
    assert_eq!(contents(&disk.after_crash(), "a"), [7; 700]);

    file.sync().unwrap();
    assert_eq!(contents(&disk.after_crash(), "a"), [7; 100]);
}

#[test]
fn a_full_disk_takes_what_fits_then_refuses_then_goes_on() {
    let disk = MemoryDisk::new();
    disk.leave_free(3);
    let file = disk.create("a").unwrap();
    assert_eq!(
        file.write_all_at(b"12345", 0).unwrap_err().kind(),
        io::ErrorKind::StorageFull
    );
    assert_eq!(contents(&disk, "a"), b"123");
    file.write_all_at(b"321", 0).unwrap();

    disk.remove("a").unwrap();
    write(&disk, "b", b"456");
    assert_eq!(contents(&disk, "b"), b"456");
}

#[test]
fn the_nth_call_of_its_kind_fails() {
    let disk = MemoryDisk::new();
    let file = write(&disk, "a", b"");
    disk.inject(Fault {
        nth: 2,
        ..every(io::ErrorKind::Other, Call::Write)
    });
    file.sync().unwrap();
    file.write_all_at(b"1", 0).unwrap();
    file.write_all_at(b"2", 0).unwrap_err();
    file.write_all_at(b"3", 0).unwrap_err();
    disk.heal();
    file.write_all_at(b"4", 0).unwrap();
}

#[test]
fn a_lock_is_held_until_it_is_dropped_on_either_disk() {
    let directory = tempfile::tempdir().unwrap();
    let disks: [Box<dyn Disk>; 2] = [
        Box::new(MemoryDisk::new()),
        Box::new(FileDisk::open(directory.path()).unwrap()),
    ];
    for disk in disks {
        let lock = disk.lock("LOCK").unwrap();
        assert_eq!(
            disk.lock("LOCK").err().unwrap().kind(),
            io::ErrorKind::WouldBlock
        );
        drop(lock);
        disk.lock("LOCK").unwrap();
    }
}

#[test]
fn a_file_disk_makes_its_directory_and_does_what_a_disk_does() {
    let directory = tempfile::tempdir().unwrap();
    let disk = FileDisk::open(directory.path().join("deeper/still")).unwrap();
    let file = write(&disk, "a", b"bytes");
    file.sync().unwrap();
    disk.sync_directory().unwrap();
    disk.rename("a", "b").unwrap();
    file.set_len(2).unwrap();

    assert_eq!(disk.list().unwrap(), ["b"]);
    assert_eq!(contents(&disk, "b"), b"by");
    disk.remove("b").unwrap();
    assert_eq!(
        disk.open("b").err().unwrap().kind(),
        io::ErrorKind::NotFound
    );
}
