//! Bytes that are kept and sent in less room, and unpacked by the one who needs them, where he needs them.
//!
//! LZ4, in its slower way of packing what is kept: it is packed once, and somebody waits for a worker whenever it is unpacked. Nobody who
//! passes packed bytes on has to believe anything in them: whoever unpacks them gives them the room that they claim to need,
//! and no more, and finds out whether it was true.

use bytes::Bytes;
use lz4::block::{CompressionMode, compress, decompress_to_buffer};

/// Little less comes of the levels above, which take up to four times as long.
const LEVEL: i32 = 3;

/// Bytes, packed. That they can be unpacked is a claim, and so is how many they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    claimed: usize,
    packed: Bytes,
}

/// Bytes are not the packed form of as many as they claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the packed bytes are damaged")]
pub struct NotPacked;

impl Packed {
    /// Packs some bytes.
    ///
    /// # Errors
    /// If there are more than two thousand million.
    pub fn pack(bytes: &[u8]) -> Result<Self, NotPacked> {
        Self::pack_by(bytes, CompressionMode::HIGHCOMPRESSION(LEVEL))
    }

    /// Packs some bytes in a tenth of the time, into somewhat more of them: for what is sent and not kept.
    ///
    /// # Errors
    /// If there are more than two thousand million.
    pub fn pack_fast(bytes: &[u8]) -> Result<Self, NotPacked> {
        Self::pack_by(bytes, CompressionMode::FAST(1))
    }

    fn pack_by(bytes: &[u8], mode: CompressionMode) -> Result<Self, NotPacked> {
        let packed = compress(bytes, Some(mode), false).map_err(|_| NotPacked)?;
        // The vector has room for what cannot be packed.
        Ok(Self { claimed: bytes.len(), packed: Bytes::copy_from_slice(&packed) })
    }

    /// What is said to be the packed form of so many bytes.
    #[must_use]
    pub fn claimed(claimed: usize, packed: Bytes) -> Self {
        Self { claimed, packed }
    }

    /// How many bytes it claims to be, unpacked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.claimed
    }

    /// Whether it claims to be none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.claimed == 0
    }

    /// The packed form.
    #[must_use]
    pub fn packed(&self) -> &Bytes {
        &self.packed
    }

    /// Unpacks it into room of its own.
    ///
    /// # Errors
    /// If it is not what it claims to be, or claims to be more than `bytes_max`.
    pub fn unpack(&self, bytes_max: usize) -> Result<Bytes, NotPacked> {
        if self.claimed > bytes_max {
            return Err(NotPacked);
        }
        let mut room = vec![0; self.claimed];
        self.unpack_into(&mut room)?;
        Ok(room.into())
    }

    /// Unpacks it into room of exactly its size.
    ///
    /// # Errors
    /// If it is not what it claims to be. The room may hold anything then.
    pub fn unpack_into(&self, room: &mut [u8]) -> Result<(), NotPacked> {
        let bytes = i32::try_from(self.claimed).map_err(|_| NotPacked)?;
        // LZ4 takes its input's length as such a number, too.
        i32::try_from(self.packed.len()).map_err(|_| NotPacked)?;
        if room.len() != self.claimed {
            return Err(NotPacked);
        }
        // It refuses a buffer without room.
        if self.claimed == 0 {
            return Ok(());
        }
        let unpacked = decompress_to_buffer(&self.packed, Some(bytes), room).map_err(|_| NotPacked)?;
        if unpacked == self.claimed { Ok(()) } else { Err(NotPacked) }
    }
}

#[cfg(test)]
mod tests {
    use mote_mutator::Random;

    use super::*;

    fn sample() -> Vec<u8> {
        (0..40_000_u32).flat_map(|n| (n % 700).to_le_bytes()).collect()
    }

    #[test]
    fn what_is_packed_comes_back() {
        for bytes in [Vec::new(), vec![7], sample()] {
            let packed = Packed::pack(&bytes).unwrap();
            assert_eq!((packed.len(), packed.is_empty()), (bytes.len(), bytes.is_empty()));
            assert_eq!(packed.unpack(bytes.len()).unwrap(), bytes);
            assert_eq!(Packed::pack_fast(&bytes).unwrap().unpack(bytes.len()).unwrap(), bytes);
        }
        assert!(Packed::pack(&sample()).unwrap().packed().len() < sample().len() / 4);
    }

    #[test]
    fn a_size_that_lies_is_noticed_and_gets_no_room() {
        let packed = Packed::pack(&sample()).unwrap().packed().clone();
        let bytes = sample().len();
        for claimed in [0, 1, bytes - 1, bytes + 1, 2 * bytes, usize::MAX] {
            let lie = Packed::claimed(claimed, packed.clone());
            let unpacked = lie.unpack(4 * bytes);
            // Without room nothing is unpacked at all.
            assert_eq!(unpacked.ok().filter(|unpacked| !unpacked.is_empty()), None, "{claimed}");
        }
        let honest = Packed::claimed(bytes, packed);
        assert_eq!(honest.unpack(bytes - 1), Err(NotPacked));
        for room in [0, 1, bytes - 1, bytes + 1] {
            assert_eq!(honest.unpack_into(&mut vec![0; room]), Err(NotPacked));
        }
    }

    #[test]
    fn no_bytes_whatever_are_unpacked_beyond_their_room() {
        let mut random = Random::new(42);
        let packed = Packed::pack(&sample()).unwrap();
        let mut refused = 0;
        for _ in 0..3_000 {
            let mut bytes = packed.packed().to_vec();
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len());
                bytes[at] = u8::try_from(random.below(256)).unwrap();
            }
            bytes.truncate(bytes.len() - random.below(3));
            let claimed = if random.below(2) == 0 { packed.len() } else { random.below(packed.len()) };
            refused += usize::from(Packed::claimed(claimed, bytes.into()).unpack(packed.len()).is_err());
        }
        assert!(refused > 500, "{refused}");
    }
}
