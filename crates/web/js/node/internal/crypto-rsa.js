// Encryption with RSA.
import { native } from "../../native.js";
import { bufferOf, sourceOf } from "./crypto-bytes.js";
import { constants } from "./crypto-constants.js";
import { hashNamed } from "./crypto-hash.js";
import { innerOf, privateKeyOf, publicKeyOf } from "./crypto-keys.js";
import { error, typeError } from "./errors.js";

const { RSA_NO_PADDING, RSA_PKCS1_OAEP_PADDING, RSA_PKCS1_PADDING } = constants;

const optionsOf = (key) => (typeof key === "object" && key !== null && !ArrayBuffer.isView(key) && !(key instanceof ArrayBuffer) ? key : undefined);
const ossl = (code, number, library, reason) => error(`ERR_OSSL_${code}`, `error:${number}:${library}::${reason}`, { library, reason });
const rsaError = (code, number, reason) => ossl(`RSA_${code}`, number, "rsa routines", reason);
const unfit = () => ossl("OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE", "1C8000B2", "Provider routines", "operation not supported for this keytype");

function handleOf(key) {
  const { handle, family } = innerOf(key);
  if (family !== "RSA") throw unfit();
  return handle;
}

function oaep(encrypts, key, options, data) {
  const handle = handleOf(key);
  const hash = hashNamed(options?.oaepHash ?? "sha1");
  if (hash === undefined) throw error("ERR_OSSL_EVP_INVALID_DIGEST", "Invalid digest");
  const label = options?.oaepLabel === undefined ? new Uint8Array(0) : sourceOf(options.oaepLabel, "key.oaepLabel", options.encoding);
  const result = native.rsaOaep(encrypts, handle, data, hash.native, label);
  if (result === undefined) throw rsaError("OAEP_DECODING_ERROR", "02000079", `oaep ${encrypts ? "en" : "de"}coding error`);
  return bufferOf(result);
}

// The old paddings. What is wrong is the length, but where something is recovered.
function plain(operation, key, padding, data) {
  const handle = handleOf(key);
  const unpadded = padding === RSA_NO_PADDING;
  const result = native.rsaPlain(unpadded ? `${operation} unpadded` : operation, handle, data);
  if (result !== undefined) return bufferOf(result);
  if (operation === "recover") throw rsaError("INVALID_PADDING", "0200008A", "invalid padding");
  if (unpadded && data.length < native.keyBits(handle) / 8) throw rsaError("DATA_TOO_SMALL_FOR_KEY_SIZE", "0200007A", "data too small for key size");
  throw rsaError("DATA_TOO_LARGE_FOR_KEY_SIZE", "0200006E", "data too large for key size");
}

const dataOf = (data, options) => sourceOf(data, "buffer", options?.encoding);
const unknownPadding = () => rsaError("UNKNOWN_PADDING_TYPE", "02000076", "unknown padding type");
const isPlain = (padding) => padding === RSA_PKCS1_PADDING || padding === RSA_NO_PADDING;

export function publicEncrypt(key, buffer) {
  const options = optionsOf(key);
  const [one, data, padding] = [publicKeyOf(key), dataOf(buffer, options), options?.padding ?? RSA_PKCS1_OAEP_PADDING];
  if (isPlain(padding)) return plain("encrypt", one, padding, data);
  if (padding !== RSA_PKCS1_OAEP_PADDING) throw unknownPadding();
  return oaep(true, one, options, data);
}

export function privateDecrypt(key, buffer) {
  const options = optionsOf(key);
  const [one, data, padding] = [privateKeyOf(key), dataOf(buffer, options), options?.padding ?? RSA_PKCS1_OAEP_PADDING];
  if (padding === RSA_NO_PADDING) return plain("decrypt", one, padding, data);
  // How long it takes tells whether the padding was right, and with that anybody could decrypt. Node does not do it either.
  if (padding === RSA_PKCS1_PADDING) throw typeError("ERR_INVALID_ARG_VALUE", "RSA_PKCS1_PADDING is no longer supported for private decryption");
  if (padding !== RSA_PKCS1_OAEP_PADDING) throw unknownPadding();
  return oaep(false, one, options, data);
}

function signing(operation, one, options, buffer) {
  const padding = options?.padding ?? RSA_PKCS1_PADDING;
  if (!isPlain(padding)) throw ossl("ILLEGAL_OR_UNSUPPORTED_PADDING_MODE", "1C8000A5", "Provider routines", "illegal or unsupported padding mode");
  return plain(operation, one, padding, dataOf(buffer, options));
}

export const privateEncrypt = (key, buffer) => signing("sign", privateKeyOf(key), optionsOf(key), buffer);
export const publicDecrypt = (key, buffer) => signing("recover", publicKeyOf(key), optionsOf(key), buffer);
