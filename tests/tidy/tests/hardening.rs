//! The `mote` binary is linked so that a hole in it is hard to use: golden flags, read from its ELF headers.
//!
//! Needs the built binary, as `make test` has it: beside this test, else a release.
#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

const SEGMENT_LOAD: u64 = 1;
const SEGMENT_DYNAMIC: u64 = 2;
const SEGMENT_INTERPRETER: u64 = 3;
const SEGMENT_STACK: u64 = 0x6474_e551;
const SEGMENT_RELRO: u64 = 0x6474_e552;
const EXECUTABLE: u64 = 1;
const WRITABLE: u64 = 2;

const TAG_RPATH: u64 = 15;
const TAG_TEXTREL: u64 = 22;
const TAG_RUNPATH: u64 = 29;
const TAG_FLAGS: u64 = 30;
const TAG_FLAGS_1: u64 = 0x6fff_fffb;
const FLAG_BIND_NOW: u64 = 8;
const FLAG_1_NOW: u64 = 1;

struct Segment {
    kind: u64,
    flags: u64,
    offset: u64,
    bytes: u64,
}

/// A 64-bit little-endian ELF file.
struct Elf(File);

impl Elf {
    fn of_mote() -> Self {
        let own = std::env::current_exe().unwrap();
        // target/PROFILE/deps/hardening-HASH
        let profile = own.parent().and_then(Path::parent).unwrap();
        let places = [profile.join("mote"), profile.join("../release/mote")];
        let binary = places.iter().find(|path| path.is_file());
        Self(File::open(binary.expect("a built `mote`: run `cargo build -p mote-cli` first")).unwrap())
    }

    fn number(&self, at: u64, bytes: usize) -> u64 {
        let mut buffer = [0; 8];
        self.0.read_exact_at(&mut buffer[..bytes], at).unwrap();
        u64::from_le_bytes(buffer)
    }

    fn is_shared_object(&self) -> bool {
        self.number(16, 2) == 3
    }

    fn segments(&self) -> Vec<Segment> {
        let (table, each, count) = (self.number(32, 8), self.number(54, 2), self.number(56, 2));
        (0..count)
            .map(|index| table + index * each)
            .map(|at| Segment {
                kind: self.number(at, 4),
                flags: self.number(at + 4, 4),
                offset: self.number(at + 8, 8),
                bytes: self.number(at + 32, 8),
            })
            .collect()
    }

    fn segment(&self, kind: u64) -> Option<Segment> {
        self.segments().into_iter().find(|segment| segment.kind == kind)
    }

    /// The dynamic section's values under this tag.
    fn dynamic(&self, tag: u64) -> Vec<u64> {
        let dynamic = self.segment(SEGMENT_DYNAMIC).expect("a dynamically linked binary");
        (0..dynamic.bytes / 16)
            .map(|index| dynamic.offset + index * 16)
            .filter(|at| self.number(*at, 8) == tag)
            .map(|at| self.number(at + 8, 8))
            .collect()
    }
}

#[test]
fn code_never_lies_where_an_attacker_expects_it() {
    let elf = Elf::of_mote();
    assert!(elf.is_shared_object() && elf.segment(SEGMENT_INTERPRETER).is_some(), "not position-independent");
    assert!(elf.dynamic(TAG_TEXTREL).is_empty(), "its code is written to at load");
}

#[test]
fn nothing_is_both_writable_and_executable() {
    let elf = Elf::of_mote();
    let both = WRITABLE | EXECUTABLE;
    assert!(elf.segments().iter().filter(|s| s.kind == SEGMENT_LOAD).all(|s| s.flags & both != both));
    let stack = elf.segment(SEGMENT_STACK).expect("the stack's rights are stated");
    assert_eq!(stack.flags & EXECUTABLE, 0, "an executable stack");
}

#[test]
fn the_table_of_foreign_functions_is_read_only_once_loaded() {
    let elf = Elf::of_mote();
    assert!(elf.segment(SEGMENT_RELRO).is_some(), "no RELRO");
    let now = elf.dynamic(TAG_FLAGS).iter().any(|flags| flags & FLAG_BIND_NOW != 0)
        || elf.dynamic(TAG_FLAGS_1).iter().any(|flags| flags & FLAG_1_NOW != 0);
    assert!(now, "RELRO is partial: the table stays writable");
}

#[test]
fn no_library_is_taken_from_a_folder_of_the_build_machine() {
    let elf = Elf::of_mote();
    assert!(elf.dynamic(TAG_RPATH).is_empty() && elf.dynamic(TAG_RUNPATH).is_empty());
}
