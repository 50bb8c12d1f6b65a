// Agreement, primes, certificates. What is wrong is compared by its class: the library below has its own words for it.
import { Buffer } from "node:buffer";
import crypto, { Certificate, ECDH, X509Certificate } from "node:crypto";

import { outcomes } from "../outcome.js";

const classes = async (...runs) => (await outcomes(...runs)).map((one) => (one?.threw === undefined ? one : one.threw.name));
const CERTIFICATE =
  "MIIBcTCCARegAwIBAgICAP8wCgYIKoZIzj0EAwIwIDENMAsGA1UECgwEVGVzdDEPMA0GA1UEAwwGdGhlIENBMCAXDTI2MTEyNzIzMzAyOVoYDzIxMjYxMTAzMjMzMDI5WjAgMQ0wCwYDVQQKDARUZXN0MQ8wDQYD" +
  "VQQDDAZ0aGUgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASP4i/Ar+Wdr0Ie29W9okOTXZC8dyPxpMO5hrzplA6c2JlsO9KrjSXSIcUXMWJ0ITgC5mWh57DYlwNES6xYnsupoz8wPTAPBgNVHRMBAf8EBTAD" +
  "AQH/MAsGA1UdDwQEAwICBDAdBgNVHQ4EFgQUahAXPNrtaqqcDV3gp53+GDYFCbIwCgYIKoZIzj0EAwIDSAAwRQIgd+PhKseOKV0vFOyLOnuandHY0ijIpkMkAy/kHehdpRECIQDxeQhilFEeUH4V6Gu5CCAPIMnr" +
  "2Oux6PJmzM2Z4+/DCw==";
const certificate = () => new X509Certificate(Buffer.from(CERTIFICATE, "base64"));

export default {
  "groups": () => ["modp14"].map((name) => [crypto.createHash("sha256").update(crypto.getDiffieHellman(name).getPrime()).digest("hex"), crypto.getDiffieHellman(name).getGenerator("hex")]),
  "two agree": () => {
    const [one, other] = [crypto.getDiffieHellman("modp14"), crypto.createDiffieHellman(crypto.getDiffieHellman("modp14").getPrime())];
    const [a, b] = [one.generateKeys(), other.generateKeys("hex")];
    return [one.computeSecret(b, "hex", "hex") === other.computeSecret(a, undefined, "hex"), a.length];
  },
  "known numbers": () => {
    const group = crypto.createDiffieHellman(crypto.getDiffieHellman("modp14").getPrime(), Buffer.from([5]));
    group.setPrivateKey(Buffer.from([6]));
    group.setPublicKey(Buffer.from([2]));
    return [group.getPrivateKey("hex"), group.getPublicKey("hex"), group.computeSecret("08", "hex", "hex")];
  },
  "groups that are none": () => classes(() => crypto.getDiffieHellman("nope"), () => crypto.createDiffieHellman(13.5), () => crypto.createDiffieHellman([1]), () => crypto.createDiffieHellman(1e6), () => crypto.createDiffieHellman("ab", "hex", true)),
  "primes": () => [7n, 8n, 561n, 2n ** 127n - 1n, Buffer.from([0, 11])].map((number) => crypto.checkPrimeSync(number)),
  "primes that are found": () => [crypto.generatePrimeSync(40).byteLength, crypto.generatePrimeSync(32, { bigint: true }).toString(2).length, crypto.generatePrimeSync(16, { add: 24n, rem: 11n, bigint: true }) % 24n],
  "primes that are none": () => classes(() => crypto.checkPrimeSync("7"), () => crypto.checkPrimeSync(-1n), () => crypto.generatePrimeSync(0), () => crypto.generatePrimeSync(8, { safe: 1 }), () => crypto.generatePrimeSync(8, { add: 10n, rem: 10n }), () => crypto.checkPrime(7n)),
  "a certificate": () => {
    const { subject, issuer, subjectAltName, infoAccess, validFrom, validTo, fingerprint, fingerprint256, fingerprint512, keyUsage, serialNumber, ca, raw, issuerCertificate } = certificate();
    return [subject, issuer, subjectAltName, infoAccess, validFrom, validTo, fingerprint, fingerprint256, fingerprint512, keyUsage, serialNumber, ca, raw.length, issuerCertificate];
  },
  "a certificate as text": () => [certificate().toString(), JSON.stringify(certificate())],
  "a certificate's key": () => [certificate().publicKey.type, certificate().publicKey.asymmetricKeyType, certificate().publicKey.asymmetricKeyDetails],
  "what a certificate is asked": () => [certificate().checkHost("the CA"), certificate().checkHost("other.test"), certificate().checkEmail("a@b.test"), certificate().checkIP("127.0.0.1"), certificate().checkIssued(certificate()), certificate().verify(certificate().publicKey)],
  "an old object": () => {
    const { raw, pubkey, ...others } = certificate().toLegacyObject();
    return [raw.length, pubkey?.length, Object.entries(others).filter(([, value]) => value !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, typeof value === "object" ? Object.entries(value) : value])];
  },
  "certificates that are none": () => classes(() => new X509Certificate("x"), () => new X509Certificate(5), () => new X509Certificate(Buffer.from("3000", "hex")), () => certificate().checkHost(1), () => certificate().verify({}), () => certificate().checkIssued({})),
  "signed keys": () => [Certificate.verifySpkac("x"), Certificate().verifySpkac("x"), new Certificate() instanceof Certificate],
  "points": () => {
    const ecdh = crypto.createECDH("prime256v1");
    ecdh.setPrivateKey(Buffer.alloc(32, 1));
    return [ecdh.getPublicKey("hex"), ecdh.getPublicKey("hex", "compressed"), ecdh.getPrivateKey("hex"), ECDH.convertKey(ecdh.getPublicKey(), "prime256v1", undefined, "hex", "compressed"), ECDH.convertKey(ecdh.getPublicKey(null, "compressed"), "prime256v1", undefined, "hex")];
  },
  "points that are none": () => classes(() => crypto.createECDH("nope"), () => crypto.createECDH(), () => ECDH.convertKey("02b0", "prime256v1", "hex"), () => crypto.createECDH("prime256v1").setPrivateKey(Buffer.alloc(32, 255))),
  "keys under passphrases": () => {
    const { privateKey } = crypto.generateKeyPairSync("ed25519");
    return ["aes-256-cbc", "aes-128-cbc", "des-ede3-cbc"].map((cipher) => {
      const key = privateKey.export({ type: "pkcs8", format: "pem", cipher, passphrase: "top" });
      return [key.split("\n")[0], crypto.createPrivateKey({ key, passphrase: "top" }).equals(privateKey)];
    });
  },
  "keys that lack their passphrase": () => {
    const key = crypto.generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "top" });
    return classes(() => crypto.createPrivateKey(key), () => crypto.createPrivateKey({ key, passphrase: 5 }));
  },
  "keys for PSS": () => {
    const { publicKey, privateKey } = crypto.generateKeyPairSync("rsa-pss", { modulusLength: 2048, hashAlgorithm: "sha256", saltLength: 20 });
    return [publicKey.asymmetricKeyType, privateKey.asymmetricKeyType, crypto.verify("sha256", Buffer.from("data"), publicKey, crypto.sign("sha256", Buffer.from("data"), privateKey))];
  },
  "keys for agreement": () => {
    const [one, two] = [0, 1].map(() => crypto.generateKeyPairSync("dh", { group: "modp14" }));
    return [one.publicKey.asymmetricKeyType, crypto.diffieHellman({ privateKey: one.privateKey, publicKey: two.publicKey }).equals(crypto.diffieHellman({ privateKey: two.privateKey, publicKey: one.publicKey }))];
  },
  "older paddings": () => {
    const { publicKey, privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
    return [crypto.publicDecrypt(publicKey, crypto.privateEncrypt(privateKey, Buffer.from("data"))).toString(), crypto.publicEncrypt({ key: publicKey, padding: crypto.constants.RSA_PKCS1_PADDING }, Buffer.from("data")).length];
  },
  "decryption with the padding of PKCS 1": () => {
    const { publicKey, privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
    const padding = crypto.constants.RSA_PKCS1_PADDING;
    return classes(() => crypto.privateDecrypt({ key: privateKey, padding }, crypto.publicEncrypt({ key: publicKey, padding }, Buffer.from("data"))).toString());
  },
  "other things": () => [crypto.secureHeapUsed(), crypto.getFips()],
};
