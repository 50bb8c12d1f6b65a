//! AES in the modes GCM, CBC and CTR, with keys of 128, 192 and 256 bits; and Triple DES, which old keys lie under.

use std::{ffi::c_int, ptr};

use aws_lc_sys::{EVP_CIPHER, EVP_CIPHER_CTX};

use crate::{
    CryptoError, KeepGoing, PIECE_BYTES,
    error::{check, refused},
    owned::Owned,
};

const BLOCK_BYTES: usize = 16;
const DES_BLOCK_BYTES: usize = 8;

/// Which way a cipher works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From plain to encrypted.
    Encrypt,
    /// From encrypted to plain.
    Decrypt,
}

/// What AES-GCM takes beside key and data.
#[derive(Clone, Copy, Debug)]
pub struct Gcm<'a> {
    /// Of any length but none.
    pub iv: &'a [u8],
    /// What is authenticated and not encrypted.
    pub additional: &'a [u8],
    /// How much of the tag stands behind the encrypted bytes: 16 is all of it, less than 4 is refused.
    pub tag_bytes: usize,
}

/// The first block that is chained to.
pub type CbcIv = [u8; BLOCK_BYTES];

/// The same of Triple DES.
pub type TripleDesIv = [u8; DES_BLOCK_BYTES];

/// A counter block of which the last `bits` count, and the rest stays.
#[derive(Clone, Copy, Debug)]
pub struct CtrCounter {
    /// The first block.
    pub block: [u8; BLOCK_BYTES],
    /// From 1 to 128.
    pub bits: u32,
}

/// AES-GCM. The tag is the end of what is encrypted.
///
/// # Errors
/// [`CryptoError::Refused`] for a tag that is wrong and for lengths that cannot be.
pub fn gcm(
    direction: Direction,
    key: &[u8],
    gcm: Gcm<'_>,
    data: &[u8],
    go_on: KeepGoing,
) -> Result<Vec<u8>, CryptoError> {
    if !(4..=16).contains(&gcm.tag_bytes) || gcm.iv.is_empty() {
        return Err(CryptoError::Refused);
    }
    let kind =
        aes(key, [aws_lc_sys::EVP_aes_128_gcm, aws_lc_sys::EVP_aes_192_gcm, aws_lc_sys::EVP_aes_256_gcm])?;
    let mut cipher = Cipher::new(direction)?;
    cipher.start_gcm(kind, key, gcm.iv)?;
    cipher.authenticate(gcm.additional, go_on)?;
    match direction {
        Direction::Encrypt => {
            let mut output = cipher.run(data, gcm.tag_bytes, go_on)?;
            output.extend_from_slice(cipher.tag()?.get(..gcm.tag_bytes).unwrap_or_default());
            Ok(output)
        }
        Direction::Decrypt => {
            let split = data.len().checked_sub(gcm.tag_bytes).ok_or(CryptoError::Refused)?;
            let (data, tag) = data.split_at(split);
            cipher.expect_tag(tag)?;
            cipher.run(data, 0, go_on)
        }
    }
}

/// AES-CBC with the padding of PKCS#7.
///
/// # Errors
/// [`CryptoError::Refused`] for padding that is wrong and for lengths that cannot be.
pub fn cbc(
    direction: Direction,
    key: &[u8],
    iv: &CbcIv,
    data: &[u8],
    go_on: KeepGoing,
) -> Result<Vec<u8>, CryptoError> {
    let kind =
        aes(key, [aws_lc_sys::EVP_aes_128_cbc, aws_lc_sys::EVP_aes_192_cbc, aws_lc_sys::EVP_aes_256_cbc])?;
    let mut cipher = Cipher::new(direction)?;
    cipher.start(kind, key, iv)?;
    cipher.run(data, BLOCK_BYTES, go_on)
}

/// Triple DES in the mode CBC, with three keys and the padding of PKCS#7: for what somebody has encrypted long ago.
///
/// # Errors
/// [`CryptoError::Refused`] for padding that is wrong and for lengths that cannot be.
pub fn triple_des_cbc(
    direction: Direction,
    key: &[u8; 24],
    iv: &TripleDesIv,
    data: &[u8],
    go_on: KeepGoing,
) -> Result<Vec<u8>, CryptoError> {
    // SAFETY: it takes nothing, and gives a constant.
    let kind = unsafe { aws_lc_sys::EVP_des_ede3_cbc() };
    let mut cipher = Cipher::new(direction)?;
    cipher.initialize(kind, key.as_ptr(), iv.as_ptr())?;
    cipher.run(data, DES_BLOCK_BYTES, go_on)
}

/// AES-CTR, which is its own inverse.
///
/// # Errors
/// [`CryptoError::Refused`] if the counter would have to take a value twice, and for lengths that cannot be.
pub fn ctr(key: &[u8], counter: CtrCounter, data: &[u8], go_on: KeepGoing) -> Result<Vec<u8>, CryptoError> {
    if !(1..=128).contains(&counter.bits) {
        return Err(CryptoError::Refused);
    }
    let mask = u128::MAX >> (128 - counter.bits);
    let blocks = u128::try_from(data.len().div_ceil(BLOCK_BYTES)).map_err(|_| CryptoError::Refused)?;
    if blocks > mask.saturating_add(1) {
        return Err(CryptoError::Refused);
    }
    let first = u128::from_be_bytes(counter.block);
    // The library carries into the bits that are to stay, so the counter starts again by hand where it has come to its end.
    let until_end = (mask - (first & mask)).saturating_add(1);
    let split = usize::try_from(until_end)
        .ok()
        .and_then(|blocks| blocks.checked_mul(BLOCK_BYTES))
        .map_or(data.len(), |bytes| bytes.min(data.len()));
    let (before, after) = data.split_at(split);
    let mut output = ctr_run(key, first, before, go_on)?;
    if !after.is_empty() {
        output.extend_from_slice(&ctr_run(key, first & !mask, after, go_on)?);
    }
    Ok(output)
}

fn ctr_run(key: &[u8], first: u128, data: &[u8], go_on: KeepGoing) -> Result<Vec<u8>, CryptoError> {
    let kind =
        aes(key, [aws_lc_sys::EVP_aes_128_ctr, aws_lc_sys::EVP_aes_192_ctr, aws_lc_sys::EVP_aes_256_ctr])?;
    let mut cipher = Cipher::new(Direction::Encrypt)?;
    cipher.start(kind, key, &first.to_be_bytes())?;
    cipher.run(data, 0, go_on)
}

/// The cipher of the three for a key of this length.
fn aes(
    key: &[u8],
    by_length: [unsafe extern "C" fn() -> *const EVP_CIPHER; 3],
) -> Result<*const EVP_CIPHER, CryptoError> {
    let [short, middle, long] = by_length;
    let cipher = match key.len() {
        16 => short,
        24 => middle,
        32 => long,
        _ => return Err(CryptoError::Refused),
    };
    // SAFETY: it takes nothing, and gives a constant.
    Ok(unsafe { cipher() })
}

struct Cipher {
    context: Owned<EVP_CIPHER_CTX>,
    direction: c_int,
}

impl Cipher {
    fn new(direction: Direction) -> Result<Self, CryptoError> {
        // SAFETY: it takes nothing.
        let made = unsafe { aws_lc_sys::EVP_CIPHER_CTX_new() };
        // SAFETY: the context was made for us.
        let context = unsafe { Owned::take(made) }?;
        Ok(Self { context, direction: c_int::from(direction == Direction::Encrypt) })
    }

    /// `key` has the length of the cipher's keys ([`aes`] saw to that), and every cipher but GCM takes one block as IV.
    fn start(
        &mut self,
        kind: *const EVP_CIPHER,
        key: &[u8],
        iv: &[u8; BLOCK_BYTES],
    ) -> Result<(), CryptoError> {
        self.initialize(kind, key.as_ptr(), iv.as_ptr())
    }

    fn start_gcm(&mut self, kind: *const EVP_CIPHER, key: &[u8], iv: &[u8]) -> Result<(), CryptoError> {
        let length = c_int::try_from(iv.len()).map_err(|_| CryptoError::Refused)?;
        self.initialize(kind, ptr::null(), ptr::null())?;
        self.control(aws_lc_sys::EVP_CTRL_AEAD_SET_IVLEN, length, ptr::null_mut())?;
        self.initialize(ptr::null(), key.as_ptr(), iv.as_ptr())
    }

    /// The pointers are null or as long as the cipher wants them.
    fn initialize(
        &mut self,
        kind: *const EVP_CIPHER,
        key: *const u8,
        iv: *const u8,
    ) -> Result<(), CryptoError> {
        // SAFETY: the context is ours, and the pointers are what the callers above say.
        check(unsafe {
            aws_lc_sys::EVP_CipherInit_ex(
                self.context.as_ptr(),
                kind,
                ptr::null_mut(),
                key,
                iv,
                self.direction,
            )
        })
    }

    fn control(&mut self, command: c_int, length: c_int, bytes: *mut u8) -> Result<(), CryptoError> {
        // SAFETY: the context is ours; `bytes` is null where the command has no bytes, and else as long as `length` says.
        check(unsafe {
            aws_lc_sys::EVP_CIPHER_CTX_ctrl(self.context.as_ptr(), command, length, bytes.cast())
        })
    }

    fn authenticate(&mut self, additional: &[u8], go_on: KeepGoing) -> Result<(), CryptoError> {
        for piece in additional.chunks(PIECE_BYTES) {
            if !go_on() {
                return Err(CryptoError::Stopped);
            }
            let length = c_int::try_from(piece.len()).map_err(|_| CryptoError::Refused)?;
            let mut taken = 0;
            // SAFETY: without a place for output nothing is written; the input is a slice with its length.
            check(unsafe {
                aws_lc_sys::EVP_CipherUpdate(
                    self.context.as_ptr(),
                    ptr::null_mut(),
                    &raw mut taken,
                    piece.as_ptr(),
                    length,
                )
            })?;
        }
        Ok(())
    }

    /// All of `data`, and the end. `spare_bytes` is how much longer the result may become, here or by its caller.
    fn run(&mut self, data: &[u8], spare_bytes: usize, go_on: KeepGoing) -> Result<Vec<u8>, CryptoError> {
        let mut output = Vec::with_capacity(data.len() + spare_bytes);
        // A piece may come out longer by what was kept back of the last one, and the end is less than one more block.
        let mut piece_out = vec![0; data.len().min(PIECE_BYTES) + 2 * BLOCK_BYTES];
        for piece in data.chunks(PIECE_BYTES) {
            if !go_on() {
                return Err(CryptoError::Stopped);
            }
            let length = c_int::try_from(piece.len()).map_err(|_| CryptoError::Refused)?;
            let mut written = 0;
            // SAFETY: it reads `length` bytes, which there are, and writes at most a block more, for which there is room.
            check(unsafe {
                aws_lc_sys::EVP_CipherUpdate(
                    self.context.as_ptr(),
                    piece_out.as_mut_ptr(),
                    &raw mut written,
                    piece.as_ptr(),
                    length,
                )
            })?;
            append(&mut output, &piece_out, written)?;
        }
        let mut written = 0;
        // SAFETY: it writes a block at most, for which there is room.
        check(unsafe {
            aws_lc_sys::EVP_CipherFinal_ex(self.context.as_ptr(), piece_out.as_mut_ptr(), &raw mut written)
        })?;
        append(&mut output, &piece_out, written)?;
        Ok(output)
    }

    fn tag(&mut self) -> Result<[u8; BLOCK_BYTES], CryptoError> {
        let mut tag = [0; BLOCK_BYTES];
        self.control(aws_lc_sys::EVP_CTRL_AEAD_GET_TAG, 16, tag.as_mut_ptr())?;
        Ok(tag)
    }

    fn expect_tag(&mut self, tag: &[u8]) -> Result<(), CryptoError> {
        let mut tag = tag.to_vec();
        let length = c_int::try_from(tag.len()).map_err(|_| CryptoError::Refused)?;
        self.control(aws_lc_sys::EVP_CTRL_AEAD_SET_TAG, length, tag.as_mut_ptr())
    }
}

fn append(output: &mut Vec<u8>, bytes: &[u8], count: c_int) -> Result<(), CryptoError> {
    let written = usize::try_from(count).ok().and_then(|count| bytes.get(..count)).ok_or_else(refused)?;
    output.extend_from_slice(written);
    Ok(())
}
