//! Compatibility dates and flags, as a configuration says them: the first line is the date, the others are flags.

use mote_wire::compatibility::{Compatibility, Date};

use crate::Target;

pub(crate) const WORDS: &[&str] = &[
    "\n",
    "2026-01-01",
    "2021-11-02",
    "2026-02-29",
    "9999-12-31",
    "0000-00-00",
    "-",
    "nodejs_compat",
    "no_nodejs_compat",
    "nodejs_compat_v2",
    "global_navigator",
    "no_global_navigator",
    "url_standard",
    "streams_enable_constructors",
    "_",
    "\0",
    "é",
];

pub(crate) fn read(_target: &Target, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let date = lines.next().filter(|line| !line.is_empty());
    let flags: Vec<&str> = lines.collect();
    let today: Date = "2026-06-01".parse().unwrap();
    let kept = Compatibility::kept(date, flags.iter().copied());
    match Compatibility::settle(date, flags.iter().copied(), today) {
        // What is accepted means the same when it is read again later; one without a date means another day then.
        Ok(settled) if date.is_some() => {
            assert!(settled.all().eq(kept.all()), "it is kept as something else");
        }
        Ok(_) => {}
        Err(errors) => {
            assert!(errors.iter().all(|error| !error.to_string().is_empty()), "an error says nothing");
        }
    }
}
