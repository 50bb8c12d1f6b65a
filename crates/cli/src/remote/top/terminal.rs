//! The terminal while `mote top` has it: a screen beside the user's own, keys without waiting for a line.
//!
//! Whatever ends the command - a key, a signal, an error, a panic - the terminal is as it was before.

use std::{
    io::{self, Write},
    panic,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    termios::{
        InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
    },
};
use tokio::sync::mpsc;

use super::screen::Room;

/// The other screen, without a cursor, on which long lines do not go on in the next one.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[2J";
/// The user's own again.
const LEAVE: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";
/// With which keys begin that are more than one byte.
const ESCAPE: u8 = 0x1b;
/// How often the reader of keys looks whether anybody still wants them.
const LOOK_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// Keys that wait.
const KEYS_MAX: usize = 16;
/// Of a terminal that does not say how large it is.
const ROOM_DEFAULT: Room = Room { columns: 80, rows: 24 };

/// The terminal; dropping it gives it back.
pub(super) struct Terminal {
    before: Arc<Before>,
}

/// The terminal as it was.
struct Before {
    modes: Termios,
    /// True until it was given back. Why once: leaving the other screen twice moves the cursor on the user's own.
    taken: AtomicBool,
}

impl Terminal {
    pub(super) fn take() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut now = before.clone();
        let before = Arc::new(Before { modes: before, taken: AtomicBool::new(true) });
        now.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN);
        now.input_modes.remove(InputModes::IXON);
        now.output_modes.remove(OutputModes::OPOST);
        now.special_codes[SpecialCodeIndex::VMIN] = 1;
        now.special_codes[SpecialCodeIndex::VTIME] = 0;
        let terminal = Self { before };
        terminal.restore_before_panics();
        tcsetattr(io::stdin(), OptionalActions::Now, &now)?;
        put(ENTER)?;
        Ok(terminal)
    }

    /// How much room there is now.
    #[expect(clippy::unused_self, reason = "only who has taken the terminal draws on it")]
    pub(super) fn room(&self) -> Room {
        let size = console::Term::stdout().size_checked();
        let room = size.map(|(rows, columns)| Room { columns: columns.into(), rows: rows.into() });
        room.filter(|room| room.columns > 0 && room.rows > 0).unwrap_or(ROOM_DEFAULT)
    }

    /// Puts these lines in the place of those before.
    ///
    /// # Errors
    /// If the terminal is gone.
    #[expect(clippy::unused_self, reason = "only who has taken the terminal draws on it")]
    pub(super) fn draw(&self, lines: &[String]) -> io::Result<()> {
        let lines: Vec<String> = lines.iter().map(|line| format!("{line}\u{1b}[K")).collect();
        // One write, so that no half of a screen is seen.
        put(&format!("\u{1b}[H{}\u{1b}[J", lines.join("\r\n")))
    }

    /// A panic says why on the user's own screen, where it stays.
    fn restore_before_panics(&self) {
        let (before, say) = (self.before.clone(), panic::take_hook());
        panic::set_hook(Box::new(move |info| {
            before.restore();
            say(info);
        }));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.before.restore();
    }
}

impl Before {
    fn restore(&self) {
        if self.taken.swap(false, Ordering::Relaxed) {
            // If the terminal is gone, there is nothing to give back.
            let _ = put(LEAVE);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.modes);
        }
    }
}

fn put(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Keys as they are pressed; it ends when the terminal does.
pub(super) fn keys() -> mpsc::Receiver<u8> {
    let (sender, keys) = mpsc::channel(KEYS_MAX);
    // A thread of its own: a terminal's descriptor is shared with the shell, which must not find it without waiting.
    tokio::task::spawn_blocking(move || {
        while !sender.is_closed() {
            match pressed() {
                Ok(keys) => keys.into_iter().for_each(|key| {
                    // Whoever presses more than are taken presses again.
                    let _ = sender.try_send(key);
                }),
                Err(_) => return,
            }
        }
    });
    keys
}

/// The keys that were pressed since; none after a while.
fn pressed() -> Result<Vec<u8>, Errno> {
    let stdin = io::stdin();
    let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
    match poll(&mut polled, Some(&LOOK_EVERY)) {
        Ok(0) | Err(Errno::INTR) => return Ok(Vec::new()),
        Ok(_) => {}
        Err(error) => return Err(error),
    }
    let mut bytes = [0; 64];
    match rustix::io::read(&stdin, &mut bytes) {
        // The terminal has hung up.
        Ok(0) => Err(Errno::IO),
        Ok(read) => Ok(plain_keys(bytes.get(..read).unwrap_or_default())),
        Err(Errno::INTR | Errno::AGAIN) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Keys that are one byte. Others, such as arrows, are sequences that begin with an escape, and none of ours.
fn plain_keys(bytes: &[u8]) -> Vec<u8> {
    let mut keys = Vec::new();
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != ESCAPE {
            keys.push(byte);
            continue;
        }
        match rest.next() {
            // Numbers, and a letter at the end.
            Some(b'[') => drop(rest.find(|byte| (0x40..=0x7e).contains(byte))),
            Some(b'O') => drop(rest.next()),
            Some(_) | None => {}
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_is_not_the_letters_that_it_is_made_of() {
        for (bytes, keys) in [
            (&b"cmq"[..], &b"cmq"[..]),
            (b"\x1b[Am\x1b[1;5Cq", b"mq"),
            (b"\x1bOcm", b"m"),
            (b"\x1bq", b""),
            (b"\x1b[", b""),
            (b"\x1b", b""),
            (b"\x03", b"\x03"),
        ] {
            assert_eq!(plain_keys(bytes), keys, "{bytes:?}");
        }
    }
}
