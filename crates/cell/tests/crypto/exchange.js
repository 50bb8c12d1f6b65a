// What one implementation of Web Cryptography makes and another one checks. Nothing here knows which of them it runs in.
const { subtle } = crypto;
const DATA = new TextEncoder().encode("what was agreed on, and a little more than a block or two of it");
const LABEL = new TextEncoder().encode("label");

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => new Uint8Array((text.match(/../g) ?? []).map((byte) => parseInt(byte, 16)));
const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
const CURVES = ["P-256", "P-384", "P-521"];
const RSA = { modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) };

const pairs = [
  ...["SHA-1", "SHA-256"].map((hash) => pair({ name: "RSASSA-PKCS1-v1_5", ...RSA, hash }, ["sign", "verify"])),
  ...["SHA-256", "SHA-384"].map((hash) => pair({ name: "RSA-PSS", ...RSA, hash }, ["sign", "verify"], { name: "RSA-PSS", saltLength: 11 })),
  ...["SHA-1", "SHA-256"].map((hash) => pair({ name: "RSA-OAEP", ...RSA, hash }, ["encrypt", "decrypt"], { name: "RSA-OAEP", label: LABEL })),
  ...CURVES.flatMap((namedCurve) => HASHES.map((hash) => pair({ name: "ECDSA", namedCurve }, ["sign", "verify"], { name: "ECDSA", hash }))),
  ...CURVES.map((namedCurve) => pair({ name: "ECDH", namedCurve }, ["deriveBits"])),
  pair({ name: "Ed25519" }, ["sign", "verify"]),
  pair({ name: "X25519" }, ["deriveBits"]),
];

function pair(algorithm, usages, use = { name: algorithm.name }) {
  return { algorithm, usages, use };
}

const secrets = [
  ...[128, 192, 256].flatMap((length) => [
    { algorithm: { name: "AES-GCM", length }, use: { name: "AES-GCM", iv: bytes(12), additionalData: LABEL } },
    { algorithm: { name: "AES-GCM", length }, use: { name: "AES-GCM", iv: bytes(33), tagLength: 96 } },
    { algorithm: { name: "AES-CBC", length }, use: { name: "AES-CBC", iv: bytes(16) } },
    { algorithm: { name: "AES-CTR", length }, use: { name: "AES-CTR", counter: bytes(16, 0x0d), length: 4 } },
    { algorithm: { name: "AES-KW", length } },
  ]),
  ...HASHES.map((hash) => ({ algorithm: { name: "HMAC", hash }, use: { name: "HMAC" } })),
];

const derivations = HASHES.flatMap((hash) => [
  { name: "HKDF", hash, salt: bytes(7), info: LABEL },
  { name: "PBKDF2", hash, salt: bytes(7), iterations: 1000 },
]);

function bytes(count, first = 1) {
  return Uint8Array.from({ length: count }, (_, index) => first - index);
}

/** Everything that one side makes, as plain JSON. */
export async function make() {
  const made = { pairs: [], secrets: [], derived: [], digests: [] };
  for (const one of pairs) made.pairs.push(await makePair(one));
  for (const one of secrets) made.secrets.push(await makeSecret(one));
  for (const algorithm of derivations) made.derived.push(hex(await derive(algorithm)));
  for (const hash of HASHES) made.digests.push(hex(await subtle.digest(hash, DATA)));
  return made;
}

async function makePair({ algorithm, usages, use }) {
  const { publicKey, privateKey } = await subtle.generateKey(algorithm, true, usages);
  const made = {
    spki: hex(await subtle.exportKey("spki", publicKey)),
    pkcs8: hex(await subtle.exportKey("pkcs8", privateKey)),
    publicJwk: await subtle.exportKey("jwk", publicKey),
    privateJwk: await subtle.exportKey("jwk", privateKey),
  };
  if (!algorithm.name.startsWith("RSA")) made.raw = hex(await subtle.exportKey("raw", publicKey));
  if (usages[0] === "sign") made.result = hex(await subtle.sign(use, privateKey, DATA));
  if (usages[0] === "encrypt") made.result = hex(await subtle.encrypt(use, publicKey, DATA.subarray(0, 20)));
  if (usages[0] === "deriveBits") {
    const other = await subtle.generateKey(algorithm, true, usages);
    made.other = hex(await subtle.exportKey("spki", other.publicKey));
    made.result = hex(await subtle.deriveBits({ ...use, public: other.publicKey }, privateKey, 256));
  }
  return made;
}

async function makeSecret({ algorithm, use }) {
  const usages = algorithm.name === "HMAC" ? ["sign", "verify"] : algorithm.name === "AES-KW" ? ["wrapKey", "unwrapKey"] : ["encrypt", "decrypt"];
  const key = await subtle.generateKey(algorithm, true, usages);
  const made = { raw: hex(await subtle.exportKey("raw", key)), jwk: await subtle.exportKey("jwk", key) };
  if (usages[0] === "sign") made.result = hex(await subtle.sign(use, key, DATA));
  if (usages[0] === "encrypt") made.result = hex(await subtle.encrypt(use, key, DATA));
  if (usages[0] === "wrapKey") made.result = hex(await subtle.wrapKey("raw", await wrapped(), key, "AES-KW"));
  return made;
}

const wrapped = () => subtle.importKey("raw", DATA.subarray(0, 32), { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);

async function derive(algorithm) {
  const key = await subtle.importKey("raw", DATA, algorithm.name, false, ["deriveBits"]);
  return subtle.deriveBits(algorithm, key, 1000);
}

/** What is wrong with what another side has made: a list of texts, empty if nothing is. */
export async function check(made) {
  const wrong = [];
  const expect = (holds, what) => holds || wrong.push(what);
  const attempt = async (what, work) => {
    try {
      expect(await work(), what);
    } catch (error) {
      wrong.push(`${what}: ${error}`);
    }
  };
  for (const [index, one] of pairs.entries()) {
    await attempt(JSON.stringify(one.algorithm), () => checkPair(one, made.pairs[index], attempt));
  }
  for (const [index, one] of secrets.entries()) {
    await attempt(JSON.stringify(one.algorithm), () => checkSecret(one, made.secrets[index], attempt));
  }
  for (const [index, algorithm] of derivations.entries()) {
    await attempt(`${algorithm.name} ${algorithm.hash}`, async () => hex(await derive(algorithm)) === made.derived[index]);
  }
  for (const [index, hash] of HASHES.entries()) {
    await attempt(hash, async () => hex(await subtle.digest(hash, DATA)) === made.digests[index]);
  }
  return wrong;
}

async function checkPair({ algorithm, usages, use }, made, attempt) {
  const forPublic = usages.filter((usage) => usage === "verify" || usage === "encrypt");
  const forPrivate = usages.filter((usage) => !forPublic.includes(usage));
  const what = `${algorithm.name} ${algorithm.namedCurve ?? algorithm.hash ?? ""}`;
  const publicKeys = [["spki", unhex(made.spki)], ["jwk", made.publicJwk], ...(made.raw ? [["raw", unhex(made.raw)]] : [])];
  const privateKeys = [["pkcs8", unhex(made.pkcs8)], ["jwk", made.privateJwk]];
  for (const [format, data] of publicKeys) {
    await attempt(`${what} ${format}`, async () => {
      const key = await subtle.importKey(format, data, algorithm, true, forPublic);
      return hex(await subtle.exportKey("spki", key)) === made.spki && (await checkPublic(use, forPublic[0], key, made.result));
    });
  }
  for (const [format, data] of privateKeys) {
    await attempt(`${what} ${format}`, async () => {
      const key = await subtle.importKey(format, data, algorithm, true, forPrivate);
      return hex(await subtle.exportKey("pkcs8", key)) === made.pkcs8 && (await checkPrivate(algorithm, use, forPrivate[0], key, made));
    });
  }
  return true;
}

async function checkPublic(use, usage, key, result) {
  return usage !== "verify" || subtle.verify(use, key, unhex(result), DATA);
}

async function checkPrivate(algorithm, use, usage, key, made) {
  if (usage === "decrypt") return hex(await subtle.decrypt(use, key, unhex(made.result))) === hex(DATA.subarray(0, 20));
  if (usage !== "deriveBits") return true;
  const other = await subtle.importKey("spki", unhex(made.other), algorithm, true, []);
  return hex(await subtle.deriveBits({ ...use, public: other }, key, 256)) === made.result;
}

async function checkSecret({ algorithm, use }, made, attempt) {
  const usage = algorithm.name === "HMAC" ? "verify" : algorithm.name === "AES-KW" ? "unwrapKey" : "decrypt";
  for (const [format, data] of [["raw", unhex(made.raw)], ["jwk", made.jwk]]) {
    await attempt(`${algorithm.name} ${algorithm.length ?? algorithm.hash} ${format}`, async () => {
      const key = await subtle.importKey(format, data, algorithm, true, [usage]);
      if (usage === "verify") return subtle.verify(use, key, unhex(made.result), DATA);
      if (usage === "decrypt") return hex(await subtle.decrypt(use, key, unhex(made.result))) === hex(DATA);
      const inner = await subtle.unwrapKey("raw", unhex(made.result), key, "AES-KW", { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
      return hex(await subtle.exportKey("raw", inner)) === hex(DATA.subarray(0, 32));
    });
  }
  return true;
}
