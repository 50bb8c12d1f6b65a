//! Random bytes, a few at a time.

use std::cell::RefCell;

/// What is asked of the kernel at once.
const POOL_BYTES: usize = 512;
/// More than this is asked of the kernel by itself.
const SHARE_BYTES_MAX: usize = 64;

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; POOL_BYTES], used: POOL_BYTES }) };
}

/// Bytes of the kernel's that nobody has had yet.
///
/// Why there is one: a call of the kernel takes ten times as long as the rest of an identifier. It is the thread's, outside of every
/// isolate's heap and of what is kept of heaps; each byte is given out once and wiped then.
struct Pool {
    bytes: [u8; POOL_BYTES],
    used: usize,
}

impl Pool {
    fn take(&mut self, target: &mut [u8]) -> Result<(), getrandom::Error> {
        if self.used + target.len() > POOL_BYTES {
            // Until it is full again nothing of it may be used.
            self.used = POOL_BYTES;
            getrandom::fill(&mut self.bytes)?;
            self.used = 0;
        }
        for (to, from) in target.iter_mut().zip(self.bytes.iter_mut().skip(self.used)) {
            *to = std::mem::take(from);
        }
        self.used += target.len();
        Ok(())
    }
}

/// Fills it with random bytes.
pub(super) fn fill(target: &mut [u8]) -> Result<(), getrandom::Error> {
    if target.len() > SHARE_BYTES_MAX {
        return getrandom::fill(target);
    }
    POOL.with_borrow_mut(|pool| pool.take(target))
}

/// The text of a version 4 UUID with these bits, but for those that say that it is one.
pub(super) fn uuid_text(random: u128) -> [u8; 36] {
    const VERSION: u128 = 0xf << 76;
    const VARIANT: u128 = 0b11 << 62;
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut bits = random & !VERSION & !VARIANT | 4 << 76 | 0b10 << 62;
    let mut text = [b'-'; 36];
    for (at, character) in text.iter_mut().enumerate().rev() {
        if matches!(at, 8 | 13 | 18 | 23) {
            continue;
        }
        *character = DIGITS.iter().copied().nth((bits & 0xf) as usize).unwrap_or(b'0');
        bits >>= 4;
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{POOL_BYTES, Pool, SHARE_BYTES_MAX, fill, uuid_text};

    #[test]
    fn no_byte_is_given_out_twice_and_none_stays_behind() {
        let mut pool = Pool { bytes: [0; POOL_BYTES], used: POOL_BYTES };
        let mut seen = BTreeSet::new();
        for _ in 0..2_000 {
            let mut bytes = [0; 16];
            pool.take(&mut bytes).unwrap();
            assert!(seen.insert(bytes));
            assert!(pool.bytes[..pool.used].iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn a_pool_that_is_not_enough_for_a_share_is_filled_again() {
        let mut pool = Pool { bytes: [0; POOL_BYTES], used: POOL_BYTES };
        for length in (0..=SHARE_BYTES_MAX).cycle().take(300) {
            let mut bytes = vec![0; length];
            pool.take(&mut bytes).unwrap();
            assert!(pool.used <= POOL_BYTES);
            assert!(length < 16 || bytes.iter().any(|byte| *byte != 0));
        }
        let mut long = vec![0; 4_096];
        fill(&mut long).unwrap();
        assert!(long.iter().any(|byte| *byte != 0));
    }

    #[test]
    fn an_identifier_says_its_version_and_all_other_bits() {
        assert_eq!(uuid_text(0), *b"00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid_text(u128::MAX), *b"ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(
            uuid_text(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
            *b"01234567-89ab-4def-8123-456789abcdef"
        );
    }
}
