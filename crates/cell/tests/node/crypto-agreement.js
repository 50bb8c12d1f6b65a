import crypto, { ECDH, createDiffieHellman, createECDH, getDiffieHellman } from "node:crypto";
import { Buffer } from "node:buffer";
import { promisify } from "node:util";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};
const GROUPS = ["modp1", "modp2", "modp5", "modp14", "modp15", "modp16", "modp17", "modp18"];
const digest = (bytes) => crypto.createHash("sha256").update(bytes).digest("hex");

export default {
  "groups that have names": () => GROUPS.map((name) => [digest(getDiffieHellman(name).getPrime()), getDiffieHellman(name).getGenerator("hex"), getDiffieHellman(name).verifyError]),
  "groups that are none": () => [attempt(() => getDiffieHellman("nope")), attempt(() => getDiffieHellman()), attempt(() => getDiffieHellman("__proto__")), getDiffieHellman("MODP5").getPrime().length],
  "two agree": () => {
    const [one, other] = [getDiffieHellman("modp14"), createDiffieHellman(getDiffieHellman("modp14").getPrime())];
    const [a, b] = [one.generateKeys(), other.generateKeys("hex")];
    const third = createDiffieHellman(one.getPrime("base64"), "base64", 2);
    third.setPrivateKey(one.getPrivateKey());
    return [one.computeSecret(b, "hex", "hex") === other.computeSecret(a, undefined, "hex"), third.computeSecret(b, "hex", "base64") === one.computeSecret(b, "hex", "base64"), a.length, one.computeSecret(b, "hex").length, third.generateKeys("hex") === a.toString("hex"), one.getPublicKey().equals(a)];
  },
  "known numbers": () => {
    const group = createDiffieHellman(getDiffieHellman("modp1").getPrime(), "buffer", Buffer.from([5]));
    const chained = group.setPrivateKey("06", "hex") === group && group.setPublicKey("02", "hex") === group;
    return [chained, group.getPrivateKey("hex"), group.getPublicKey("hex"), group.computeSecret("08", "hex", "hex"), group.getPrivateKey(), group.generateKeys("hex"), group.getPrivateKey("hex"), group.getGenerator("hex"), group.verifyError];
  },
  "what is wrong with a prime": () => [["abcdef", "hex"], [Buffer.from([1])], [Buffer.from([4])], ["03", "hex"], ["17", "hex"], ["abcdef", "hex", Buffer.from([2])], [getDiffieHellman("modp14").getPrime(), 5], [getDiffieHellman("modp14").getPrime(), 7]].map((given) => createDiffieHellman(...given).verifyError),
  "what cannot be agreed with": () => {
    const group = getDiffieHellman("modp5");
    const before = [attempt(() => group.getPublicKey()), attempt(() => group.getPrivateKey())];
    group.generateKeys();
    const prime = BigInt(`0x${group.getPrime("hex")}`);
    return [...before, ...["00", "01", (prime - 1n).toString(16), prime.toString(16)].map((key) => attempt(() => group.computeSecret(key, "hex"))), attempt(() => group.computeSecret(5)), attempt(() => group.computeSecret("")), typeof group.setPublicKey, typeof group.setPrivateKey, attempt(() => group.generateKeys("zzz"))];
  },
  "arguments that are none": () => [[1], [-1], [64], [20_000], [13.5], ["abcdef", 13.37], ["abcdef", -1], ["abcdef", "hex", 1], ["abcdef", "hex", Buffer.from([])], ["abcdef", "hex", Buffer.from([1])], [""], [[1]], [{}], ["ab", "hex", true], [7, 5], [2 ** 31]].map((given) => attempt(() => typeof createDiffieHellman(...given))),
  "a group of one's own": () => {
    const one = createDiffieHellman(512);
    return [one.verifyError, one.getPrime().length, BigInt(`0x${one.getPrime("hex")}`) % 24n, one.getGenerator("hex"), one.generateKeys().length <= 64];
  },
  constructors: () => [crypto.DiffieHellman("17", "hex") instanceof crypto.DiffieHellman, crypto.DiffieHellmanGroup("modp5") instanceof crypto.DiffieHellmanGroup, Object.getOwnPropertyNames(crypto.DiffieHellman.prototype).sort(), Object.getOwnPropertyNames(crypto.DiffieHellmanGroup.prototype).sort(), Object.keys(getDiffieHellman("modp5")), ECDH("prime256v1") instanceof ECDH],
  "points in all formats": () => ["prime256v1", "secp384r1", "secp521r1"].map((curve) => {
    const ecdh = createECDH(curve);
    ecdh.setPrivateKey("01", "hex");
    const point = ecdh.getPublicKey();
    const compressed = ECDH.convertKey(point, curve, undefined, undefined, "compressed");
    return [ecdh.getPublicKey("hex"), ecdh.getPublicKey("hex", "compressed"), ecdh.getPublicKey("base64", "hybrid"), ecdh.getPrivateKey("hex"), ECDH.convertKey(compressed, curve, undefined, "hex"), ECDH.convertKey(compressed, curve, undefined, "hex", "hybrid") === ecdh.getPublicKey("hex", "hybrid"), ecdh.computeSecret(compressed, undefined, "hex")];
  }),
  "points and keys that are none": () => {
    const ecdh = createECDH("prime256v1");
    const before = [attempt(() => ecdh.getPublicKey()), attempt(() => ecdh.getPrivateKey()), attempt(() => ecdh.computeSecret(Buffer.alloc(65, 4)))];
    const wrong = ["00", "", "ff".repeat(32), "01".repeat(33)].map((key) => attempt(() => ecdh.setPrivateKey(key, "hex")));
    ecdh.generateKeys();
    return [...before, ...wrong, attempt(() => ecdh.getPublicKey("hex", "x")), attempt(() => ecdh.setPublicKey("01", "hex")), attempt(() => ecdh.computeSecret("0401", "hex")), attempt(() => ECDH.convertKey("02b0", "prime256v1", "hex")), attempt(() => ECDH.convertKey("02b0", "nope", "hex")), attempt(() => createECDH("nope")), attempt(() => createECDH())];
  },
  primes: async () => [2n, 3n, 4n, 561n, 7919n, 2n ** 127n - 1n, 2n ** 127n + 1n, 0n, 1n, Buffer.from([]), Buffer.from([0, 7]), new Uint16Array([257]).subarray(0), new Uint8Array([11]).buffer].map((number) => crypto.checkPrimeSync(number)).concat([await promisify(crypto.checkPrime)(97n), await promisify(crypto.checkPrime)(97n, { checks: 3 })]),
  "numbers that are none": () => [["7"], [-7n], [7n, { checks: -1 }], [7n, { checks: "1" }], [7n, 1], [7n, null], [7], [null]].map((given) => attempt(() => crypto.checkPrimeSync(...given))).concat([attempt(() => crypto.checkPrime(7n)), attempt(() => crypto.generatePrime(8))]),
  "primes are found": async () => {
    const prime = crypto.generatePrimeSync(64, { bigint: true });
    const safe = crypto.generatePrimeSync(32, { safe: true, bigint: true });
    const later = await promisify(crypto.generatePrime)(20);
    return [prime.toString(2).length, crypto.checkPrimeSync(prime), crypto.checkPrimeSync(safe / 2n), [5n, 7n].includes(crypto.generatePrimeSync(3, { safe: true, bigint: true })), later.byteLength, crypto.generatePrimeSync(17).byteLength, crypto.generatePrimeSync(16, { add: 24n, rem: 11n, bigint: true }) % 24n, crypto.generatePrimeSync(16, { add: 24n, bigint: true }) % 24n, crypto.generatePrimeSync(40, { add: Buffer.from([12]), rem: Buffer.from([11]), safe: true, bigint: true }) % 12n];
  },
  "primes that are none": () => [[0], [1], ["3"], [2 ** 31], [1.5], [8, { safe: 1 }], [8, { bigint: 1 }], [8, { add: "x" }], [8, { rem: "x" }], [8, { add: -1n }], [8, { add: 1000n }], [8, { add: 10n, rem: 10n }], [8, 1]].map((given) => attempt(() => typeof crypto.generatePrimeSync(...given))),
};
