//! The native of scrypt (RFC 7914). By hand for the same reason as PBKDF2: it is made to take long, and must be stopped.

use hmac::Hmac;
use mote_crypto::CryptoError;
use mote_engine::v8;
use sha2::Sha256;

use super::{
    super::{
        args::{bytes_arg, hold, throw_type_error},
        natives,
    },
    derivation::stretched,
    go_on, number_arg, set_buffer,
};

natives! {
    scrypt => scrypt,
}

/// The words of one block of Salsa20.
const WORDS: usize = 16;
type Block = [u32; WORDS];

/// What it costs.
#[derive(Clone, Copy)]
struct Cost {
    /// How often the blocks are mixed: a power of two.
    n: usize,
    /// Half as many blocks are mixed at a time.
    r: usize,
    /// How many times all of it is done.
    p: usize,
}

impl Cost {
    /// `None` if the standard does not allow it, or its memory cannot be counted.
    fn new(n: u32, r: u32, p: u32) -> Option<Self> {
        let whole = |number: u32| usize::try_from(number).ok().filter(|number| *number > 0);
        let cost = Self { n: whole(n)?, r: whole(r)?, p: whole(p)? };
        let may = cost.n > 1 && cost.n.is_power_of_two() && cost.r.checked_mul(cost.p)? < 1 << 30;
        (may && cost.bytes().is_some()).then_some(cost)
    }

    fn block_bytes(self) -> Option<usize> {
        self.r.checked_mul(128)
    }

    fn bytes(self) -> Option<usize> {
        self.block_bytes()?.checked_mul(self.n.checked_add(self.p)?.checked_add(2)?)
    }
}

/// `scrypt(password, salt, N, r, p, bytes) -> ArrayBuffer | undefined`
fn scrypt<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let (Some(password), Some(salt)) = (bytes_arg(&args, 0), bytes_arg(&args, 1)) else {
        return throw_type_error(scope, "bytes were expected");
    };
    let cost = Cost::new(number_arg(&args, 2), number_arg(&args, 3), number_arg(&args, 4));
    let length = usize::try_from(number_arg(&args, 5)).unwrap_or(usize::MAX);
    let Some((cost, bytes)) = cost.and_then(|cost| Some((cost, cost.bytes()?))) else { return };
    let Some(held) = hold(scope, bytes.saturating_add(length)) else { return };
    let derived = derive(&password, &salt, cost, length);
    drop(held);
    if let Ok(derived) = derived {
        set_buffer(scope, &mut rv, derived);
    }
}

fn derive(password: &[u8], salt: &[u8], cost: Cost, length: usize) -> Result<Vec<u8>, CryptoError> {
    let block_bytes = cost.block_bytes().ok_or(CryptoError::Refused)?;
    let mixed_bytes = block_bytes.checked_mul(cost.p).ok_or(CryptoError::Refused)?;
    let mut bytes = stretched::<Hmac<Sha256>>(password, salt, 1, mixed_bytes)?;
    let mut table = vec![[0; WORDS]; cost.n * cost.r * 2];
    for part in bytes.chunks_exact_mut(block_bytes) {
        let mut blocks: Vec<Block> = part.chunks_exact(WORDS * 4).map(block_of).collect();
        mix(&mut blocks, &mut table, cost)?;
        for (place, word) in part.as_chunks_mut().0.iter_mut().zip(blocks.iter().flatten()) {
            *place = word.to_le_bytes();
        }
    }
    stretched::<Hmac<Sha256>>(password, &bytes, 1, length)
}

fn block_of(bytes: &[u8]) -> Block {
    let mut block = [0; WORDS];
    for (word, bytes) in block.iter_mut().zip(bytes.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    block
}

/// The standard's ROMix.
fn mix(blocks: &mut Vec<Block>, table: &mut [Block], cost: Cost) -> Result<(), CryptoError> {
    let width = cost.r * 2;
    let mut spare = blocks.clone();
    for row in table.chunks_exact_mut(width) {
        row.copy_from_slice(blocks);
        mix_blocks(blocks, &mut spare)?;
    }
    for _ in 0..cost.n {
        // N is a power of two, and no more than the lower half of a number that tells the row.
        let row = blocks.last().and_then(|last| usize::try_from(last[0]).ok()).unwrap_or(0) & (cost.n - 1);
        let row = table.get(row * width..(row + 1) * width).unwrap_or_default();
        for (block, other) in blocks.iter_mut().zip(row) {
            add(block, other);
        }
        mix_blocks(blocks, &mut spare)?;
    }
    Ok(())
}

/// The standard's BlockMix. Asks each time whether to go on: it takes microseconds, unless r is large.
fn mix_blocks(blocks: &mut Vec<Block>, spare: &mut Vec<Block>) -> Result<(), CryptoError> {
    if !go_on() {
        return Err(CryptoError::Stopped);
    }
    let mut last = blocks.last().copied().ok_or(CryptoError::Refused)?;
    let half = blocks.len() / 2;
    for (index, block) in blocks.iter().enumerate() {
        add(&mut last, block);
        salsa(&mut last);
        // Those with even numbers come first.
        let place = index / 2 + if index % 2 == 0 { 0 } else { half };
        if let Some(place) = spare.get_mut(place) {
            *place = last;
        }
    }
    std::mem::swap(blocks, spare);
    Ok(())
}

fn add(block: &mut Block, other: &Block) {
    for (word, other) in block.iter_mut().zip(other) {
        *word ^= other;
    }
}

/// Salsa20/8.
fn salsa(block: &mut Block) {
    let before = *block;
    for _ in 0..4 {
        for column in 0..4 {
            quarter(block, [0, 4, 8, 12].map(|row: usize| (row + column * 5) % WORDS));
        }
        for row in 0..4 {
            quarter(block, [0, 1, 2, 3].map(|column: usize| row * 4 + (column + row) % 4));
        }
    }
    for (word, before) in block.iter_mut().zip(before) {
        *word = word.wrapping_add(before);
    }
}

#[expect(clippy::indexing_slicing, reason = "the places are computed above, and all below 16")]
fn quarter(block: &mut Block, [a, b, c, d]: [usize; 4]) {
    block[b] ^= block[a].wrapping_add(block[d]).rotate_left(7);
    block[c] ^= block[b].wrapping_add(block[a]).rotate_left(9);
    block[d] ^= block[c].wrapping_add(block[b]).rotate_left(13);
    block[a] ^= block[d].wrapping_add(block[c]).rotate_left(18);
}

#[cfg(test)]
mod tests {
    use super::{Cost, derive};

    #[test]
    fn scrypt_agrees_with_rfc_7914() {
        let scrypt = |password: &str, salt: &str, n, r, p| {
            let cost = Cost::new(n, r, p).expect("a cost");
            data_encoding::HEXLOWER
                .encode(&derive(password.as_bytes(), salt.as_bytes(), cost, 64).expect("64 bytes"))
        };
        assert_eq!(
            scrypt("", "", 16, 1, 1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442\
             fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        );
        assert_eq!(
            scrypt("password", "NaCl", 1024, 8, 16),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162\
             2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        );
    }

    #[test]
    fn costs_that_cannot_be_are_refused() {
        for (n, r, p) in [(0, 1, 1), (1, 1, 1), (3, 1, 1), (16, 0, 1), (16, 1, 0), (16, 1 << 20, 1 << 20)] {
            assert!(Cost::new(n, r, p).is_none(), "{n} {r} {p}");
        }
    }
}
