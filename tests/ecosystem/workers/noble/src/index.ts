import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { argon2id } from "@noble/hashes/argon2.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { hmac } from "@noble/hashes/hmac.js";
import { scrypt } from "@noble/hashes/scrypt.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const text = utf8ToBytes("abc");

function hashes() {
  return {
    sha256: bytesToHex(sha256(text)),
    keccak: bytesToHex(keccak_256(new Uint8Array())),
    blake3: bytesToHex(blake3(text)),
    hmac: bytesToHex(hmac(sha256, utf8ToBytes("key"), utf8ToBytes("The quick brown fox jumps over the lazy dog"))),
    scrypt: bytesToHex(scrypt("", "", { N: 16, r: 1, p: 1, dkLen: 64 })),
    argon2: argon2id("password", "somesalt", { t: 1, m: 64, p: 1 }).length,
  };
}

async function curves() {
  // Test 1 of RFC 8032, section 7.1.
  const secret = hexToBytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  const { secretKey, publicKey } = secp256k1.keygen();
  const signature = secp256k1.sign(text, secretKey);
  const nist = p256.keygen();
  const raw = await crypto.subtle.importKey("raw", p256.getPublicKey(nist.secretKey, false), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const signed = p256.sign(text, nist.secretKey);
  return {
    ed25519: bytesToHex(ed25519.sign(new Uint8Array(), secret)),
    secp256k1: [secp256k1.verify(signature, text, publicKey), secp256k1.verify(signature, utf8ToBytes("abd"), publicKey)],
    schnorr: schnorr.verify(schnorr.sign(text, secretKey), text, schnorr.getPublicKey(secretKey)),
    shared: bytesToHex(secp256k1.getSharedSecret(secretKey, publicKey)).length,
    platform: await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, raw, signed, text),
  };
}

export default {
  fetch: async (request) => Response.json(new URL(request.url).pathname === "/curves" ? await curves() : hashes()),
} satisfies ExportedHandler;
