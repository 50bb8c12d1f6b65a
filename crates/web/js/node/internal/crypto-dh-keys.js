// Keys for agreement after Diffie and Hellman as objects, in the formats that all keys have (PKCS#3). Natives know none of them: a key
// is a prime, a generator and a number, all as bytes.
import { native } from "../../native.js";
import { Buffer } from "../buffer.js";
import { agreementOf } from "./crypto-diffie-hellman.js";
import { BIT_STRING, INTEGER, OCTET_STRING, OID, SEQUENCE, children, element, integer, malformed, read } from "./der.js";

const DH_OID = Buffer.from("2a864886f70d010301", "hex");
const BITS_MIN = 512;
const BYTES_MAX = 1024;

/** Whether an AlgorithmIdentifier names keys of this kind. */
export const isDh = (algorithm) => DH_OID.equals(Buffer.from(children(algorithm.content)[0]?.content ?? []));

const numberOf = (one) => {
  if (one?.tag !== INTEGER || one.content.length === 0 || one.content[0] >= 128) throw malformed();
  const from = one.content.findIndex((byte) => byte !== 0);
  const bytes = Buffer.from(from === -1 ? [0] : one.content.subarray(from));
  if (bytes.length > BYTES_MAX) throw malformed();
  return bytes;
};

/** What a SubjectPublicKeyInfo or PKCS#8 holds. Throws if it is no such key. */
export function dhOf(format, bytes) {
  const parts = children(read(bytes).content);
  const [algorithm, key] = format === "spki" ? parts : parts.slice(1);
  const [prime, generator] = children(children(algorithm.content)[1].content).map(numberOf);
  if (generator === undefined || prime.length * 8 < BITS_MIN || prime[prime.length - 1] % 2 === 0) throw malformed();
  if (key.tag !== (format === "spki" ? BIT_STRING : OCTET_STRING)) throw malformed();
  return { prime, generator, number: numberOf(read(format === "spki" ? key.content.subarray(1) : key.content)) };
}

/** The same in DER. */
export function dhWritten(format, { prime, generator, number }) {
  const algorithm = element(SEQUENCE, element(OID, DH_OID), element(SEQUENCE, integer(prime), integer(generator)));
  if (format === "spki") return element(SEQUENCE, algorithm, element(BIT_STRING, Buffer.from([0]), integer(number)));
  return element(SEQUENCE, element(INTEGER, Buffer.from([0])), algorithm, element(OCTET_STRING, integer(number)));
}

/** The public key of a private one. */
export function publicDh({ prime, generator, number }) {
  const power = native.numberPower(generator, number, prime);
  if (power === undefined) throw malformed();
  return { prime, generator, number: Buffer.from(power) };
}

/** `[private, public]` of an agreement that has made its keys. */
export function dhPair(agreement) {
  const parameters = { prime: agreement.prime(), generator: agreement.generator() };
  const number = agreement.generateKeys();
  return [
    { ...parameters, number: agreement.privateKey() },
    { ...parameters, number },
  ];
}

/** Whether two keys have one prime and generator. */
export const fitTogether = (one, other) => one.prime.equals(other.prime) && one.generator.equals(other.generator);

/** What the holders of both can compute. */
export function dhSecret(own, other) {
  const agreement = agreementOf(own.prime, own.generator);
  agreement.setPrivateKey(own.number);
  return agreement.secretWith(other.number);
}
