//! The curves P-256, P-384 and P-521: their keys in parts, and ECDSA.

use std::ptr;

use aws_lc_sys::{BIGNUM, EC_GROUP, EC_KEY, EC_POINT, EVP_PKEY, point_conversion_form_t};

use crate::{
    CryptoError, Family, Half, Key,
    big_number::{number, padded_bytes_of},
    error::{check, refused},
    key,
    owned::Owned,
};

impl Family {
    /// The curve's number, if it is one of these.
    fn curve(self) -> Result<i32, CryptoError> {
        match self {
            Self::P256 => Ok(aws_lc_sys::NID_X9_62_prime256v1),
            Self::P384 => Ok(aws_lc_sys::NID_secp384r1),
            Self::P521 => Ok(aws_lc_sys::NID_secp521r1),
            Self::Rsa | Self::Ed25519 | Self::X25519 => Err(CryptoError::Refused),
        }
    }

    /// The length of a coordinate, of a private key, and of half a signature.
    fn field_bytes(self) -> Result<usize, CryptoError> {
        match self {
            Self::P256 => Ok(32),
            Self::P384 => Ok(48),
            Self::P521 => Ok(66),
            Self::Rsa | Self::Ed25519 | Self::X25519 => Err(CryptoError::Refused),
        }
    }
}

/// The family of a key of which it is known that it is on some such curve.
pub(crate) fn family_of(pkey: &Owned<EVP_PKEY>) -> Result<Family, CryptoError> {
    // SAFETY: the key is valid; what it gives lives as long.
    let key = unsafe { aws_lc_sys::EVP_PKEY_get0_EC_KEY(pkey.as_ptr()) };
    if key.is_null() {
        return Err(refused());
    }
    // SAFETY: the key is not null, and lives as long as `pkey`.
    let group = unsafe { aws_lc_sys::EC_KEY_get0_group(key) };
    if group.is_null() {
        return Err(refused());
    }
    // SAFETY: the group is not null, and lives as long as its key.
    match unsafe { aws_lc_sys::EC_GROUP_get_curve_name(group) } {
        aws_lc_sys::NID_X9_62_prime256v1 => Ok(Family::P256),
        aws_lc_sys::NID_secp384r1 => Ok(Family::P384),
        aws_lc_sys::NID_secp521r1 => Ok(Family::P521),
        _ => Err(CryptoError::Refused),
    }
}

/// A key on one of these curves: nothing but pointers into a [`Key`], which lives longer.
struct Parts<'k> {
    key: &'k Key,
    ec: *mut EC_KEY,
    group: *const EC_GROUP,
    field_bytes: usize,
}

impl<'k> Parts<'k> {
    fn of(key: &'k Key) -> Result<Self, CryptoError> {
        let field_bytes = key.family().field_bytes()?;
        // SAFETY: the key is valid; what it gives lives as long.
        let ec = unsafe { aws_lc_sys::EVP_PKEY_get0_EC_KEY(key.as_ptr()) };
        if ec.is_null() {
            return Err(refused());
        }
        // SAFETY: it is not null, and lives as long as the key.
        let group = unsafe { aws_lc_sys::EC_KEY_get0_group(ec) };
        if group.is_null() { Err(refused()) } else { Ok(Self { key, ec, group, field_bytes }) }
    }

    /// `04 || x || y`
    fn point(&self) -> Result<Vec<u8>, CryptoError> {
        // SAFETY: the key is valid; what it gives lives as long.
        let point = unsafe { aws_lc_sys::EC_KEY_get0_public_key(self.ec) };
        if point.is_null() {
            return Err(refused());
        }
        let mut bytes = vec![0; 1 + 2 * self.field_bytes];
        // SAFETY: group and point are those of a valid key; it writes as many bytes as there are, or fails.
        let count = unsafe {
            aws_lc_sys::EC_POINT_point2oct(
                self.group,
                point,
                point_conversion_form_t::POINT_CONVERSION_UNCOMPRESSED,
                bytes.as_mut_ptr(),
                bytes.len(),
                ptr::null_mut(),
            )
        };
        if count == bytes.len() { Ok(bytes) } else { Err(refused()) }
    }

    fn secret(&self) -> Result<Vec<u8>, CryptoError> {
        self.key.require_private()?;
        // SAFETY: the key is valid; what it gives is null or lives as long.
        let secret = unsafe { aws_lc_sys::EC_KEY_get0_private_key(self.ec) };
        // SAFETY: as above.
        unsafe { padded_bytes_of(secret, self.field_bytes) }
    }
}

impl Key {
    /// A public key from a point, whole or compressed.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] if there is no such point on the curve.
    pub fn from_point(family: Family, bytes: &[u8]) -> Result<Self, CryptoError> {
        let key = new_key(family)?;
        let point = new_point(&key)?;
        // SAFETY: the key is valid, so its group is; it lives as long.
        let group = unsafe { aws_lc_sys::EC_KEY_get0_group(key.as_ptr()) };
        // SAFETY: the point is of that group; the bytes are a slice with its length.
        check(unsafe {
            aws_lc_sys::EC_POINT_oct2point(
                group,
                point.as_ptr(),
                bytes.as_ptr(),
                bytes.len(),
                ptr::null_mut(),
            )
        })?;
        // SAFETY: both are valid; it makes a copy of the point.
        check(unsafe { aws_lc_sys::EC_KEY_set_public_key(key.as_ptr(), point.as_ptr()) })?;
        finished(key, Half::Public)
    }

    /// A key from its coordinates, each of the curve's length, and its secret if it is a private one.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] if there is no such point on the curve, or the secret is not that point's.
    pub fn from_coordinates(
        family: Family,
        x: &[u8],
        y: &[u8],
        secret: Option<&[u8]>,
    ) -> Result<Self, CryptoError> {
        let length = family.field_bytes()?;
        if [Some(x), Some(y), secret].into_iter().flatten().any(|part| part.len() != length) {
            return Err(CryptoError::Refused);
        }
        let key = new_key(family)?;
        let (x, y) = (number(x)?, number(y)?);
        // SAFETY: all three are valid; it makes copies.
        check(unsafe {
            aws_lc_sys::EC_KEY_set_public_key_affine_coordinates(key.as_ptr(), x.as_ptr(), y.as_ptr())
        })?;
        let Some(secret) = secret else { return finished(key, Half::Public) };
        let secret = number(secret)?;
        // SAFETY: both are valid; it makes a copy.
        check(unsafe { aws_lc_sys::EC_KEY_set_private_key(key.as_ptr(), secret.as_ptr()) })?;
        finished(key, Half::Private)
    }

    /// The public key as `04 || x || y`.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for keys of other families.
    pub fn to_point(&self) -> Result<Vec<u8>, CryptoError> {
        Parts::of(self)?.point()
    }

    /// `[x, y]`, and the secret if it is a private key.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for keys of other families.
    pub fn to_coordinates(&self) -> Result<Vec<Vec<u8>>, CryptoError> {
        let parts = Parts::of(self)?;
        let point = parts.point()?;
        let coordinates = point.get(1..).unwrap_or_default();
        let mut list: Vec<_> = coordinates.chunks(parts.field_bytes).map(<[u8]>::to_vec).collect();
        if self.half() == Half::Private {
            list.push(parts.secret()?);
        }
        Ok(list)
    }

    /// A new private key.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for other families.
    pub fn generate_elliptic(family: Family) -> Result<Self, CryptoError> {
        let key = new_key(family)?;
        // SAFETY: the key is valid, and has its group.
        check(unsafe { aws_lc_sys::EC_KEY_generate_key(key.as_ptr()) })?;
        finished(key, Half::Private)
    }

    /// An ECDSA signature of a digest, of whatever hash: `r || s`.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for public keys and for keys of other families.
    pub fn sign_ecdsa(&self, digest: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.require_private()?;
        let parts = Parts::of(self)?;
        // SAFETY: the key is valid, and the digest a slice with its length.
        let made = unsafe { aws_lc_sys::ECDSA_do_sign(digest.as_ptr(), digest.len(), parts.ec) };
        // SAFETY: the signature was made for us.
        let signature = unsafe { Owned::take(made) }?;
        let (mut r, mut s) = (ptr::null::<BIGNUM>(), ptr::null::<BIGNUM>());
        // SAFETY: the signature is valid, and there are places for what it gives.
        unsafe { aws_lc_sys::ECDSA_SIG_get0(signature.as_ptr(), &raw mut r, &raw mut s) };
        // SAFETY: both live as long as the signature.
        let mut bytes = unsafe { padded_bytes_of(r, parts.field_bytes) }?;
        // SAFETY: as above.
        bytes.extend(unsafe { padded_bytes_of(s, parts.field_bytes) }?);
        Ok(bytes)
    }

    /// Whether `signature` is one of `digest` by this key.
    ///
    /// # Errors
    /// [`CryptoError::Refused`] for keys of other families.
    pub fn verify_ecdsa(&self, digest: &[u8], signature: &[u8]) -> Result<bool, CryptoError> {
        let parts = Parts::of(self)?;
        if signature.len() != 2 * parts.field_bytes {
            return Ok(false);
        }
        let (r, s) = signature.split_at(parts.field_bytes);
        let (r, s) = (number(r)?, number(s)?);
        // SAFETY: it takes nothing.
        let made = unsafe { aws_lc_sys::ECDSA_SIG_new() };
        // SAFETY: the signature was made for us.
        let signature = unsafe { Owned::take(made) }?;
        // SAFETY: all three are valid, and it takes the numbers: it cannot fail with numbers that are there.
        check(unsafe { aws_lc_sys::ECDSA_SIG_set0(signature.as_ptr(), r.into_raw(), s.into_raw()) })?;
        // SAFETY: key and signature are valid, and the digest is a slice with its length.
        let answer = unsafe {
            aws_lc_sys::ECDSA_do_verify(digest.as_ptr(), digest.len(), signature.as_ptr(), parts.ec)
        };
        Ok(check(answer).is_ok())
    }
}

fn new_key(family: Family) -> Result<Owned<EC_KEY>, CryptoError> {
    // SAFETY: it takes a number.
    let made = unsafe { aws_lc_sys::EC_KEY_new_by_curve_name(family.curve()?) };
    // SAFETY: the key was made for us.
    unsafe { Owned::take(made) }
}

fn new_point(key: &Owned<EC_KEY>) -> Result<Owned<EC_POINT>, CryptoError> {
    // SAFETY: the key is valid, and has its group, which lives as long.
    let group = unsafe { aws_lc_sys::EC_KEY_get0_group(key.as_ptr()) };
    // SAFETY: the group is valid; the point keeps it alive.
    let made = unsafe { aws_lc_sys::EC_POINT_new(group) };
    // SAFETY: the point was made for us.
    unsafe { Owned::take(made) }
}

fn finished(ec: Owned<EC_KEY>, half: Half) -> Result<Key, CryptoError> {
    // SAFETY: the key is valid. It is checked to be on its curve, no point at infinity, and its secret's own.
    check(unsafe { aws_lc_sys::EC_KEY_check_key(ec.as_ptr()) })?;
    let pkey = key::empty()?;
    // SAFETY: both are valid; it takes a share of the key, and ours is given back.
    check(unsafe { aws_lc_sys::EVP_PKEY_set1_EC_KEY(pkey.as_ptr(), ec.as_ptr()) })?;
    Key::new(pkey, half)
}
