import crypto, { Certificate, X509Certificate, createPrivateKey, createPublicKey } from "node:crypto";
import { Buffer } from "node:buffer";
import { ca, edwards, leaf, leafKey, mail, spkac } from "./certificates.js";
import { rsa } from "./crypto-keys.js";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};
const kind = (work) => {
  try {
    return work();
  } catch (error) {
    return error.name;
  }
};
const coded = (work) => {
  try {
    return work();
  } catch (error) {
    return error.code;
  }
};
const ALL = { ca, leaf, edwards, mail };
const each = (work) => Object.values(ALL).map((pem) => work(new X509Certificate(pem)));

export default {
  "what they say": () => each((one) => [one.subject, one.issuer, one.subjectAltName, one.infoAccess, one.validFrom, one.validTo, one.keyUsage, one.serialNumber, one.ca, one.issuerCertificate]),
  fingerprints: () => each((one) => [one.fingerprint, one.fingerprint256, one.fingerprint512]),
  "as PEM and as bytes": () => each((one) => [one.toString(), JSON.stringify(one), one.raw.length, new X509Certificate(one.raw).subject === one.subject, new X509Certificate(new Uint8Array(one.raw)).serialNumber]),
  "their keys": () => each((one) => [one.publicKey.type, one.publicKey.asymmetricKeyType, one.publicKey.asymmetricKeyDetails, one.publicKey.export({ type: "spki", format: "pem" })]),
  "old objects": () => each((one) => {
    const { raw, pubkey, ...others } = one.toLegacyObject();
    return Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, typeof value === "object" ? Object.entries(value) : value]).concat([raw.length, pubkey?.toString("hex")]);
  }),
  hosts: () => {
    const one = new X509Certificate(leaf);
    return ["www.example.com", "WWW.EXAMPLE.COM", "leaf.example.com", "x.wild.example.com", "x.y.wild.example.com", ".wild.example.com", "wild.example.com", "xn--x.wild.example.com", "foo.part.example.com", "goo.part.example.com", ".example.com", "*.wild.example.com", "", "a.test", "a.test,DNS:b.test"].map((host) => [
      host,
      ...[undefined, { wildcards: false }, { partialWildcards: false }, { multiLabelWildcards: true }, { singleLabelSubdomains: true }, { subject: "always" }, { subject: "never" }].map((options) => one.checkHost(host, options)),
    ]);
  },
  "hosts without other names": () => [new X509Certificate(edwards).checkHost("ed.example.com"), new X509Certificate(edwards).checkHost("ed.example.com", { subject: "never" }), new X509Certificate(mail).checkHost("mail"), new X509Certificate(ca).checkHost("the CA")],
  addresses: () => {
    const one = new X509Certificate(leaf);
    return [...["me@example.com", "me@EXAMPLE.com", "ME@example.com", "who@Example.com", "who@example.com"].map((email) => one.checkEmail(email)), one.checkEmail("who@example.com", { subject: "always" }), new X509Certificate(mail).checkEmail("x@Y.test"), new X509Certificate(mail).checkEmail("x@y.test", { subject: "never" }), ...["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "::"].map((ip) => one.checkIP(ip))];
  },
  "questions that are none": () => {
    const one = new X509Certificate(leaf);
    return [attempt(() => one.checkHost(1)), attempt(() => one.checkHost("a", 1)), attempt(() => one.checkHost("a", { wildcards: 1 })), attempt(() => one.checkHost("a", { subject: 1 })), attempt(() => one.checkHost("a", { subject: "x" })), attempt(() => one.checkHost("a\0b")), attempt(() => one.checkEmail("a\0b")), attempt(() => one.checkIP("[::]")), attempt(() => one.checkIP("x")), attempt(() => one.checkIssued({})), attempt(() => one.checkPrivateKey({})), coded(() => one.checkPrivateKey(one.publicKey)), attempt(() => one.verify({})), coded(() => one.verify(createPrivateKey(leafKey)))];
  },
  "who has signed": () => {
    const [one, authority, other, old] = [leaf, ca, edwards, mail].map((pem) => new X509Certificate(pem));
    return [one.checkIssued(authority), authority.checkIssued(authority), authority.checkIssued(one), other.checkIssued(other), one.verify(authority.publicKey), authority.verify(authority.publicKey), other.verify(other.publicKey), old.verify(old.publicKey), old.verify(createPublicKey(rsa.publicKey)), one.verify(other.publicKey), one.checkPrivateKey(createPrivateKey(leafKey)), authority.checkPrivateKey(createPrivateKey(leafKey))];
  },
  "certificates that are none": () => [attempt(() => new X509Certificate(5)), attempt(() => new X509Certificate()), kind(() => new X509Certificate("x")), kind(() => new X509Certificate("")), kind(() => new X509Certificate(rsa.publicKey)), kind(() => new X509Certificate(Buffer.from("300330013000", "hex"))), kind(() => new X509Certificate(new X509Certificate(leaf).raw.subarray(0, 200)))],
  "signed keys": () => [Certificate.exportChallenge(spkac), Certificate.exportPublicKey(spkac), Certificate.verifySpkac(spkac), Certificate().verifySpkac(Buffer.from(spkac)), new Certificate().exportChallenge(spkac).toString(), Certificate.verifySpkac(spkac.replace("A", "B")), Certificate.verifySpkac("x"), Certificate.exportPublicKey("x"), Certificate.exportChallenge("x"), attempt(() => Certificate.verifySpkac(5)), attempt(() => Certificate.exportChallenge())],
  others: () => [crypto.secureHeapUsed(), attempt(() => crypto.setEngine())],
};
