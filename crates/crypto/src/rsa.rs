//! RSA: its keys in parts and made, signatures with both paddings, and encryption with OAEP.

use std::{
    ffi::{c_int, c_void},
    ptr,
};

use aws_lc_sys::{BIGNUM, BN_GENCB, EVP_PKEY_CTX, RSA};

use crate::{
    CryptoError, Direction, Family, Half, Hash, KeepGoing, Key,
    big_number::{bytes_of, number},
    error::{check, refused},
    key,
    owned::Owned,
};

/// The longest modulus: an operation with a private key of this length takes tens of milliseconds, and cannot be stopped.
pub const RSA_BITS_MAX: u32 = 8192;
/// The shortest modulus. Nobody should use such keys, but old ones have to be read.
pub(crate) const RSA_BITS_MIN: u32 = 512;
/// The public exponents that keys are made with. With an even one the library would search for ever.
pub const RSA_EXPONENTS: [u32; 2] = [3, 65_537];
const MODULUS_BYTES_MAX: usize = 1024;

/// How a digest becomes a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
    /// RSA-PSS, with a salt of this length.
    Pss {
        /// The salt's length.
        salt_bytes: u32,
        /// The hash that the mask is made with: that of the digest, as a rule.
        mask: Hash,
    },
}

impl Padding {
    fn salt(salt_bytes: u32) -> Result<c_int, CryptoError> {
        // Negative lengths have meanings of their own.
        c_int::try_from(salt_bytes).map_err(|_| CryptoError::Refused)
    }
}

impl Key {
    /// An RSA key from `[n, e]` or `[n, e, d, p, q, dp, dq, qi]`.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] if they do not fit together.
    pub fn from_rsa_parts(parts: &[&[u8]]) -> Result<Self, CryptoError> {
        // A number longer than any key's would take long to be computed with before it is found to be wrong.
        if parts.iter().any(|part| part.len() > MODULUS_BYTES_MAX) {
            return Err(CryptoError::Refused);
        }
        let numbers = parts.iter().map(|part| number(part)).collect::<Result<Vec<_>, _>>()?;
        let pointers: Vec<_> = numbers.iter().map(Owned::as_ptr).collect();
        let (made, half) = match *pointers.as_slice() {
            [n, e] => {
                // SAFETY: both numbers are valid; it makes copies.
                (unsafe { aws_lc_sys::RSA_new_public_key(n, e) }, Half::Public)
            }
            [n, e, d, p, q, dp, dq, qi] => {
                // SAFETY: all numbers are valid; it makes copies, and checks that they fit together.
                (unsafe { aws_lc_sys::RSA_new_private_key(n, e, d, p, q, dp, dq, qi) }, Half::Private)
            }
            _ => return Err(CryptoError::Refused),
        };
        // SAFETY: the key was made for us.
        finished(&unsafe { Owned::take(made) }?, half)
    }

    /// `[n, e]`, and `[d, p, q, dp, dq, qi]` behind it if it is a private key.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for keys of other families.
    pub fn to_rsa_parts(&self) -> Result<Vec<Vec<u8>>, CryptoError> {
        let rsa = self.rsa()?;
        let mut numbers = [ptr::null::<BIGNUM>(); 8];
        let [n, e, d, p, q, dp, dq, qi] = &mut numbers;
        // SAFETY: the key is valid, and there are places for what it gives.
        unsafe { aws_lc_sys::RSA_get0_key(rsa, n, e, d) };
        // SAFETY: as above.
        unsafe { aws_lc_sys::RSA_get0_factors(rsa, p, q) };
        // SAFETY: as above.
        unsafe { aws_lc_sys::RSA_get0_crt_params(rsa, dp, dq, qi) };
        let count = if self.half() == Half::Private { 8 } else { 2 };
        // SAFETY: each is null or lives as long as the key.
        numbers.into_iter().take(count).map(|number| unsafe { bytes_of(number) }).collect()
    }

    /// A new private key. Finding its primes takes a while, and takes `go_on` for an answer at each candidate.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for lengths that are no multiple of 128, and for exponents other than [`RSA_EXPONENTS`].
    pub fn generate_rsa(bits: u32, exponent: &[u8], go_on: KeepGoing) -> Result<Self, CryptoError> {
        let exponents = RSA_EXPONENTS.map(u32::to_be_bytes);
        let known = exponents.iter().any(|known| without_zeros(known) == without_zeros(exponent));
        // The library rounds other lengths down.
        if !known || !(RSA_BITS_MIN..=RSA_BITS_MAX).contains(&bits) || !bits.is_multiple_of(128) {
            return Err(CryptoError::Refused);
        }
        let length = c_int::try_from(bits).map_err(|_| CryptoError::Refused)?;
        let exponent = number(exponent)?;
        // SAFETY: it takes nothing.
        let made = unsafe { aws_lc_sys::RSA_new() };
        // SAFETY: the key was made for us.
        let rsa = unsafe { Owned::take(made) }?;
        // SAFETY: it takes nothing.
        let made = unsafe { aws_lc_sys::BN_GENCB_new() };
        // SAFETY: the callback was made for us.
        let callback = unsafe { Owned::take(made) }?;
        let argument = (&raw const go_on).cast_mut().cast::<c_void>();
        // SAFETY: `may_go_on` takes such an argument, which lives until the key is made.
        unsafe { aws_lc_sys::BN_GENCB_set(callback.as_ptr(), Some(may_go_on), argument) };
        // SAFETY: all of them are valid.
        let answer = unsafe {
            aws_lc_sys::RSA_generate_key_ex(rsa.as_ptr(), length, exponent.as_ptr(), callback.as_ptr())
        };
        match check(answer) {
            Err(_) if !go_on() => Err(CryptoError::Stopped),
            answer => answer.and_then(|()| finished(&rsa, Half::Private)),
        }
    }

    /// A signature of a digest that `hash` has made.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for public keys, for keys of other families, and if digest and salt do not fit into the key.
    pub fn sign_rsa(&self, padding: Padding, hash: Hash, digest: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.require_private()?;
        if digest.len() != hash.digest_bytes() {
            return Err(CryptoError::Refused);
        }
        let rsa = self.rsa()?;
        let mut signature = vec![0; self.modulus_bytes()];
        let length = match padding {
            Padding::Pkcs1 => {
                let mut length = 0;
                // SAFETY: the key is valid, the digest is a slice with its length, and a signature is as long as the modulus.
                check(unsafe {
                    aws_lc_sys::RSA_sign(
                        hash.nid(),
                        digest.as_ptr(),
                        digest.len(),
                        signature.as_mut_ptr(),
                        &raw mut length,
                        rsa,
                    )
                })?;
                usize::try_from(length).map_err(|_| refused())?
            }
            Padding::Pss { salt_bytes, mask } => {
                let mut length = 0;
                // SAFETY: as above, and it is told how much room there is.
                check(unsafe {
                    aws_lc_sys::RSA_sign_pss_mgf1(
                        rsa,
                        &raw mut length,
                        signature.as_mut_ptr(),
                        signature.len(),
                        digest.as_ptr(),
                        digest.len(),
                        hash.method(),
                        mask.method(),
                        Padding::salt(salt_bytes)?,
                    )
                })?;
                length
            }
        };
        if length == signature.len() { Ok(signature) } else { Err(refused()) }
    }

    /// Whether `signature` is one of `digest` by this key.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for keys of other families.
    pub fn verify_rsa(
        &self,
        padding: Padding,
        hash: Hash,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<bool, CryptoError> {
        let rsa = self.rsa()?;
        if digest.len() != hash.digest_bytes() || signature.len() != self.modulus_bytes() {
            return Ok(false);
        }
        let answer = match padding {
            // SAFETY: the key is valid; digest and signature are slices with their lengths.
            Padding::Pkcs1 => unsafe {
                aws_lc_sys::RSA_verify(
                    hash.nid(),
                    digest.as_ptr(),
                    digest.len(),
                    signature.as_ptr(),
                    signature.len(),
                    rsa,
                )
            },
            Padding::Pss { salt_bytes, mask } => {
                let Ok(salt) = Padding::salt(salt_bytes) else { return Ok(false) };
                // SAFETY: as above.
                unsafe {
                    aws_lc_sys::RSA_verify_pss_mgf1(
                        rsa,
                        digest.as_ptr(),
                        digest.len(),
                        hash.method(),
                        mask.method(),
                        salt,
                        signature.as_ptr(),
                        signature.len(),
                    )
                }
            }
        };
        Ok(check(answer).is_ok())
    }

    /// Encrypts or decrypts with OAEP.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] if the data is too long, or was not encrypted with this key, hash and label.
    pub fn oaep(
        &self,
        direction: Direction,
        hash: Hash,
        label: &[u8],
        data: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.require(Family::Rsa)?;
        let context = match direction {
            Direction::Encrypt => self.oaep_context(aws_lc_sys::EVP_PKEY_encrypt_init, hash, label)?,
            Direction::Decrypt => {
                self.require_private()?;
                self.oaep_context(aws_lc_sys::EVP_PKEY_decrypt_init, hash, label)?
            }
        };
        let run = match direction {
            Direction::Encrypt => aws_lc_sys::EVP_PKEY_encrypt,
            Direction::Decrypt => aws_lc_sys::EVP_PKEY_decrypt,
        };
        let mut output = vec![0; self.modulus_bytes()];
        let mut length = output.len();
        // SAFETY: the context is valid and ready for this; there are as many bytes as `length` says, and the data is a slice.
        check(unsafe {
            run(context.as_ptr(), output.as_mut_ptr(), &raw mut length, data.as_ptr(), data.len())
        })?;
        output.truncate(length);
        Ok(output)
    }

    fn oaep_context(
        &self,
        start: unsafe extern "C" fn(*mut EVP_PKEY_CTX) -> c_int,
        hash: Hash,
        label: &[u8],
    ) -> Result<Owned<EVP_PKEY_CTX>, CryptoError> {
        // SAFETY: the key is valid; the context takes a share of it.
        let made = unsafe { aws_lc_sys::EVP_PKEY_CTX_new(self.as_ptr(), ptr::null_mut()) };
        // SAFETY: the context was made for us.
        let context = unsafe { Owned::take(made) }?;
        // SAFETY: the context is valid.
        check(unsafe { start(context.as_ptr()) })?;
        // SAFETY: as above.
        check(unsafe {
            aws_lc_sys::EVP_PKEY_CTX_set_rsa_padding(context.as_ptr(), aws_lc_sys::RSA_PKCS1_OAEP_PADDING)
        })?;
        // SAFETY: as above; a hash's method is a constant.
        check(unsafe { aws_lc_sys::EVP_PKEY_CTX_set_rsa_oaep_md(context.as_ptr(), hash.method()) })?;
        // SAFETY: as above.
        check(unsafe { aws_lc_sys::EVP_PKEY_CTX_set_rsa_mgf1_md(context.as_ptr(), hash.method()) })?;
        if !label.is_empty() {
            set_label(&context, label)?;
        }
        Ok(context)
    }

    pub(crate) fn rsa(&self) -> Result<*mut RSA, CryptoError> {
        self.require(Family::Rsa)?;
        // SAFETY: the key is valid; what it gives lives as long.
        let rsa = unsafe { aws_lc_sys::EVP_PKEY_get0_RSA(self.as_ptr()) };
        if rsa.is_null() { Err(refused()) } else { Ok(rsa) }
    }

    pub(crate) fn modulus_bytes(&self) -> usize {
        usize::try_from(self.bits().div_ceil(8)).unwrap_or(0)
    }
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

fn set_label(context: &Owned<EVP_PKEY_CTX>, label: &[u8]) -> Result<(), CryptoError> {
    // SAFETY: it takes a length, and gives that many bytes or null.
    let copy = unsafe { aws_lc_sys::OPENSSL_malloc(label.len()) }.cast::<u8>();
    if copy.is_null() {
        return Err(refused());
    }
    // SAFETY: both have as many bytes, and the copy is new.
    unsafe { ptr::copy_nonoverlapping(label.as_ptr(), copy, label.len()) };
    // SAFETY: the context is valid, and takes the copy, which is the library's own memory.
    let answer = unsafe { aws_lc_sys::EVP_PKEY_CTX_set0_rsa_oaep_label(context.as_ptr(), copy, label.len()) };
    if answer != 1 {
        // SAFETY: where it has failed, the copy is still ours.
        unsafe { aws_lc_sys::OPENSSL_free(copy.cast()) };
    }
    check(answer)
}

fn finished(rsa: &Owned<RSA>, half: Half) -> Result<Key, CryptoError> {
    let pkey = key::empty()?;
    // SAFETY: both are valid; it takes a share of the key.
    check(unsafe { aws_lc_sys::EVP_PKEY_set1_RSA(pkey.as_ptr(), rsa.as_ptr()) })?;
    Key::new(pkey, half)
}

/// What the library calls at each candidate for a prime: 0 ends it.
pub(crate) extern "C" fn may_go_on(_event: c_int, _count: c_int, callback: *mut BN_GENCB) -> c_int {
    // SAFETY: the library gives the callback that it was given.
    let argument = unsafe { aws_lc_sys::BN_GENCB_get_arg(callback) }.cast::<KeepGoing>();
    // SAFETY: it points at the `go_on` of whoever has set it and waits for the end of this.
    let go_on = unsafe { *argument };
    c_int::from(go_on())
}
