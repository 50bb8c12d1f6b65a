// Signed public keys with a challenge, as browsers once made them for certificates (SPKAC), in base64.
import { Buffer } from "../buffer.js";
import { bufferOf, sourceOf } from "./crypto-bytes.js";
import { publicKeyOfSpki } from "./crypto-keys.js";
import { children, read, toPem } from "./der.js";
import { isSignedBy } from "./crypto-signed.js";

const IA5_STRING = 0x16;

// `{ whole, body, key, challenge }`, or undefined if these bytes are nothing of the kind.
function parsed(spkac, encoding) {
  const text = bufferOf(sourceOf(spkac, "spkac", encoding)).toString("latin1");
  try {
    const parts = children(read(Buffer.from(text, "base64")).content);
    const [key, challenge] = children(parts[0].content);
    if (parts.length !== 3 || challenge.tag !== IA5_STRING) return undefined;
    return { parts, key: Buffer.from(key.whole), challenge: Buffer.from(challenge.content) };
  } catch {
    return undefined;
  }
}

export function Certificate() {
  if (!(this instanceof Certificate)) return new Certificate();
}

const methods = {
  verifySpkac(spkac, encoding = undefined) {
    const found = parsed(spkac, encoding);
    if (found === undefined) return false;
    try {
      return isSignedBy(found.parts, publicKeyOfSpki(found.key));
    } catch {
      return false;
    }
  },
  exportPublicKey(spkac, encoding = undefined) {
    const found = parsed(spkac, encoding);
    return found === undefined ? "" : Buffer.from(toPem("PUBLIC KEY", found.key));
  },
  exportChallenge(spkac, encoding = undefined) {
    const found = parsed(spkac, encoding);
    return found === undefined ? "" : found.challenge;
  },
};
Object.assign(Certificate.prototype, methods);
Object.assign(Certificate, methods);
