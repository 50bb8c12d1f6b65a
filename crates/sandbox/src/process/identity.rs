//! Which user a cell is to the rest of the system.
//!
//! In its own namespace a cell is user 0, which the jail needs. Outside it is nobody: where the host may choose, a number
//! that no other process has, so that no file is its own and no limit or signal reaches from one cell to another.

use std::{fs, io};

use crate::part::Part;

/// Numbers that no system gives to users: above those of containers, below those that some software takes for negative.
pub(crate) const FIRST: u32 = 0x7000_0000;
/// The user without rights that systems have had for ever; the choice where large numbers are not to be had.
pub(crate) const NOBODY: u32 = 65_534;

/// Says to the kernel who the users of the child's new namespace are.
pub(super) fn map(child: u32) -> io::Result<Part> {
    const NAME: &str = "identity";
    // SAFETY: it takes nothing and cannot fail.
    let us = unsafe { libc::geteuid() };
    if us == 0 {
        for id in [FIRST.saturating_add(child), NOBODY] {
            if write(child, "uid_map", &format!("0 {id} 1")).is_ok() {
                write(child, "gid_map", &format!("0 {id} 1"))?;
                return Ok(Part::of(NAME, Ok::<_, io::Error>(())));
            }
        }
    }
    // SAFETY: the same.
    let group = unsafe { libc::getegid() };
    // The kernel's condition: groups are also used to deny.
    write(child, "setgroups", "deny")?;
    write(child, "uid_map", &format!("0 {us} 1"))?;
    write(child, "gid_map", &format!("0 {group} 1"))?;
    Ok(Part::missing(NAME, format!("to the rest of the system the cell is the host's own user {us}")))
}

fn write(child: u32, file: &str, text: &str) -> io::Result<()> {
    fs::write(format!("/proc/{child}/{file}"), text)
}
