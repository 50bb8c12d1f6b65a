// Keys under passphrases, RSA keys for PSS, keys for agreement after Diffie and Hellman, RSA with old paddings.
import crypto, { X509Certificate, constants, createPrivateKey, createPublicKey, createSecretKey, diffieHellman, generateKeyPairSync, sign, verify } from "node:crypto";
import { Buffer } from "node:buffer";
import { ed, rsa, x } from "./crypto-keys.js";
import { certificates, dh, plain, pss, sealed, signed } from "./crypto-rare-keys.js";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};
const coded = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code}`;
  }
};
const data = Buffer.from("message");
const own = () => createPrivateKey(plain);
const CIPHERS = ["aes-128-cbc", "aes-192-cbc", "AES-256-CBC", "aes256", "des-ede3-cbc"];
const again = (key, more) => createPrivateKey({ key, passphrase: "top", ...more });
const spki = (key) => key.export({ type: "spki", format: "der" }).toString("hex");
const pkcs8 = (key) => key.export({ type: "pkcs8", format: "der" }).toString("hex");
const details = (key) => Object.entries(key.asymmetricKeyDetails).map(([name, value]) => [name, `${value}`]);

export default {
  // Node says with the first of these what went wrong in another list before.
  "what was left behind": () => attempt(() => createPrivateKey({ key: Object.values(sealed)[0], passphrase: "secret" })) === undefined,
  "what OpenSSL has sealed": () => Object.values(sealed).map((key) => spki(createPublicKey(createPrivateKey({ key, passphrase: "secret" })))),
  "passphrases as bytes": () => Object.values(sealed).map((key) => pkcs8(createPrivateKey({ key, passphrase: Buffer.from("secret") })) === pkcs8(own())),
  "sealed keys sign": () => Object.values(sealed).map((key) => sign("sha256", data, { key, passphrase: "secret" }).length > 60),
  "wrong passphrases": () => Object.values(sealed).map((key) => coded(() => createPrivateKey({ key, passphrase: "wrong" }).type) === "private"),
  "passphrases that are none": () => [5, null, {}].map((passphrase) => attempt(() => createPrivateKey({ key: plain, passphrase }))).concat(createPrivateKey({ key: plain, passphrase: "needless" }).type),
  "sealed and opened": () => CIPHERS.map((cipher) => ["pem", "der"].map((format) => {
    const key = own().export({ type: "pkcs8", format, cipher, passphrase: "top" });
    return [again(key, { format, type: "pkcs8" }).equals(own()), key.length, format === "pem" ? key.slice(0, 40) : key.subarray(0, 4).toString("hex") === key.subarray(0, 4).toString("hex")];
  }).map(([same, length, start]) => [same, length > 100, start])),
  "sealed in PEM": () => CIPHERS.map((cipher) => {
    const key = own().export({ type: "sec1", format: "pem", cipher, passphrase: Buffer.from("top") });
    return [again(key).equals(own()), key.length, key.split("\n").slice(0, 3).map((line) => line.split(",")[0])];
  }),
  "an RSA key sealed in PEM": () => {
    const key = createPrivateKey(rsa.privateKey).export({ type: "pkcs1", format: "pem", cipher: "aes-128-cbc", passphrase: "top" });
    return [again(key).equals(createPrivateKey(rsa.privateKey)), key.split("\n")[0]];
  },
  "a passphrase without letters": () => createPrivateKey({ key: own().export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "" }), passphrase: "" }).type,
  "ways to seal that are none": () => [
    { type: "pkcs8", format: "pem", cipher: "aes-256-cbc" }, { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: 5 }, { type: "pkcs8", format: "pem", passphrase: "a" }, { type: "pkcs8", format: "pem", cipher: 5, passphrase: "a" },
    { type: "pkcs8", format: "pem", cipher: null, passphrase: "a" }, { type: "pkcs8", format: "pem", cipher: "nope", passphrase: "a" }, { type: "pkcs8", format: "pem", cipher: "", passphrase: "a" }, { type: "sec1", format: "der", cipher: "aes-256-cbc", passphrase: "a" }, { format: "jwk", cipher: "aes-256-cbc", passphrase: "a" },
  ].map((options) => attempt(() => own().export(options).length)),
  "a pair that is written sealed": () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 512, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "top" } });
    return [privateKey.slice(0, 38), verify("sha1", data, publicKey, sign("sha1", data, { key: privateKey, passphrase: "top" }))];
  },
  "PSS keys": () => Object.values(pss).map(({ publicKey, privateKey }) => {
    const [open, secret] = [createPublicKey(publicKey), createPrivateKey(privateKey)];
    return [open.asymmetricKeyType, details(open), details(secret), spki(open), pkcs8(secret), spki(createPublicKey(secret)) === spki(open), open.equals(createPublicKey(secret)), open.export({ type: "spki", format: "pem" }) === publicKey];
  }),
  "signatures by PSS keys": () => Object.entries(pss).map(([name, { publicKey, privateKey }]) => {
    const hash = name === "old" ? "sha1" : "sha256";
    const theirs = Buffer.from(signed[name], "hex");
    const ours = sign(hash, data, privateKey);
    return [verify(hash, data, publicKey, theirs), verify(hash, data, publicKey, ours), verify(null, data, publicKey, ours), verify(hash, Buffer.from("other"), publicKey, ours), verify(hash, data, publicKey, Buffer.alloc(128)), crypto.createVerify(hash).update(data).verify(publicKey, theirs)];
  }),
  "salts of PSS keys": () => [undefined, 20, 30, -1, -2, 94].map((saltLength) => {
    const signature = sign("sha256", data, { key: pss.sha256.privateKey, saltLength });
    return [20, 30, 32, 94].map((expected) => verify("sha256", data, { key: pss.sha256.publicKey, saltLength: expected }, signature)).concat(verify("sha256", data, pss.sha256.publicKey, signature));
  }),
  "what PSS keys refuse": () => {
    const { publicKey, privateKey } = pss.sha256;
    return [
      () => sign("sha512", data, privateKey), () => sign("sha256", data, { key: privateKey, padding: constants.RSA_PKCS1_PADDING }), () => sign("sha256", data, { key: privateKey, saltLength: 10 }), () => verify("sha1", data, publicKey, data), () => verify("sha256", data, { key: publicKey, saltLength: 3 }, data),
      () => crypto.publicEncrypt(publicKey, data), () => createPublicKey(publicKey).export({ format: "jwk" }), () => createPublicKey(publicKey).export({ type: "pkcs1", format: "pem" }),
    ].map((work) => attempt(work));
  },
  "PSS keys are made": () => [{}, { hashAlgorithm: "sha256" }, { hashAlgorithm: "SHA256", mgf1HashAlgorithm: "sha1", saltLength: 5 }, { mgf1HashAlgorithm: "sha512" }, { saltLength: 5 }, { hashAlgorithm: "sha512", saltLength: 3 }].map((options) => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa-pss", { modulusLength: 1024, ...options });
    const hash = publicKey.asymmetricKeyDetails.hashAlgorithm ?? "sha384";
    return [details(publicKey), verify(hash, data, publicKey, sign(hash, data, privateKey)), createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "" }) && privateKey.export({ type: "pkcs8", format: "pem" })).equals(privateKey)];
  }),
  "PSS keys that cannot be": () => [{ hashAlgorithm: "nope" }, { hashAlgorithm: 5 }, { mgf1HashAlgorithm: "nope" }, { saltLength: -1 }, { saltLength: "1" }].map((options) => attempt(() => generateKeyPairSync("rsa-pss", { modulusLength: 512, ...options }).publicKey.type)),
  "certificates that are signed with PSS": () => Object.values(certificates).map((pem) => {
    const certificate = new X509Certificate(pem);
    return [certificate.publicKey.asymmetricKeyType, certificate.verify(certificate.publicKey), certificate.verify(createPublicKey(rsa.publicKey)), certificate.verify(new X509Certificate(certificates.plainKey).publicKey), certificate.subject];
  }),
  "keys of Diffie and Hellman": () => dh.map(({ publicKey, privateKey }) => {
    const [open, secret] = [createPublicKey(publicKey), createPrivateKey(privateKey)];
    return [open.type, secret.type, open.asymmetricKeyType, Object.entries(open.asymmetricKeyDetails), spki(open), pkcs8(secret), spki(createPublicKey(secret)), open.equals(createPublicKey(secret))];
  }),
  "they agree": () => {
    const [one, two, other] = dh.map(({ privateKey }) => createPrivateKey(privateKey));
    const secret = diffieHellman({ privateKey: one, publicKey: createPublicKey(two) });
    return [secret.toString("hex"), diffieHellman({ privateKey: two, publicKey: createPublicKey(one) }).equals(secret), diffieHellman({ privateKey: two, publicKey: one }).equals(secret), coded(() => diffieHellman({ privateKey: one, publicKey: other }))];
  },
  "what does not agree": () => {
    const [one, curve] = [createPrivateKey(dh[0].privateKey), createPrivateKey(x.privateKey)];
    const keys = [[one, curve], [createPublicKey(one), one], [one, createSecretKey(data)], [createPrivateKey(ed.privateKey), createPublicKey(ed.publicKey)], [own(), generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey], [{}, one], [one, "x"]];
    return keys.map(([privateKey, publicKey]) => attempt(() => diffieHellman({ privateKey, publicKey }).length));
  },
  "keys of Diffie and Hellman are made": () => {
    const made = [{ group: "modp5" }, { prime: crypto.getDiffieHellman("modp5").getPrime(), generator: 2 }, { primeLength: 512, generator: 5 }].map((options) => generateKeyPairSync("dh", options));
    return [made.map(({ publicKey, privateKey }) => [publicKey.asymmetricKeyType, createPublicKey(privateKey).equals(publicKey), createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" })).equals(privateKey)]), diffieHellman({ privateKey: made[0].privateKey, publicKey: made[1].publicKey }).length];
  },
  "keys of Diffie and Hellman that cannot be": () => [{}, { group: "nope" }, { group: 1 }, { group: "modp5", prime: data }, { prime: 3 }, { primeLength: 512, prime: data }, { group: "modp5", generator: 2 }, { primeLength: -1 }, { primeLength: 2.5 }].map((options) => attempt(() => generateKeyPairSync("dh", options).publicKey.type)).concat([{ prime: Buffer.from([7]) }, { prime: Buffer.alloc(0) }, { primeLength: 16 }].map((options) => coded(() => generateKeyPairSync("dh", options)).split(" ")[0])),
  "what keys of Diffie and Hellman refuse": () => [() => sign("sha256", data, dh[0].privateKey), () => createPublicKey(dh[0].publicKey).export({ format: "jwk" })].map((work) => attempt(work)),
  "RSA with old paddings": () => {
    const [open, secret] = [createPublicKey(rsa.publicKey), createPrivateKey(rsa.privateKey)];
    const full = Buffer.alloc(128, 1);
    const none = (key) => ({ key, padding: constants.RSA_NO_PADDING });
    return [
      crypto.privateEncrypt(secret, data).toString("hex"), crypto.publicDecrypt(open, crypto.privateEncrypt(rsa.privateKey, data)).toString(), crypto.publicDecrypt(secret, crypto.privateEncrypt(secret, data)).toString(), crypto.publicEncrypt({ key: open, padding: constants.RSA_PKCS1_PADDING }, data).length,
      crypto.publicEncrypt(none(open), full).toString("hex"), crypto.privateDecrypt(none(secret), crypto.publicEncrypt(none(open), full)).equals(full), crypto.publicDecrypt(none(open), crypto.privateEncrypt(none(secret), full)).equals(full),
    ];
  },
  "RSA with old paddings, wrong": () => {
    const [open, secret] = [createPublicKey(rsa.publicKey), createPrivateKey(rsa.privateKey)];
    return [
      () => crypto.publicEncrypt({ key: open, padding: 3 }, data), () => crypto.publicDecrypt(open, Buffer.alloc(128, 1)), () => crypto.publicDecrypt(open, data), () => crypto.privateEncrypt(secret, Buffer.alloc(120)), () => crypto.privateEncrypt(open, data), () => crypto.privateEncrypt({ key: secret, padding: 4 }, data),
      () => crypto.publicEncrypt({ key: open, padding: 99 }, data), () => crypto.publicEncrypt({ key: open, padding: 1 }, Buffer.alloc(120)),
    ].map((work) => attempt(work)).concat([coded(() => crypto.privateDecrypt({ key: secret, padding: 1 }, Buffer.alloc(128)))]);
  },
};
