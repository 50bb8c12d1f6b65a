// The Body mixin (https://fetch.spec.whatwg.org/#body-mixin): what Request and Response have in common.
import { blobOfBytes, bufferOfBytes, formDataOfBytes, isBodyUsed, streamOf, textOf, wholeBytesOf } from "./body.js";

const parseJson = JSON.parse;
const NativePromise = Promise;

/**
 * Gives a class the members that read a body. `bodyOf(object)` is its Body or null, `contentTypeOf(object)` the value of
 * its content-type header or null; both throw a TypeError for what is no object of the class.
 */
export function defineBodyMixin(Class, bodyOf, contentTypeOf) {
  const members = {
    get body() {
      return streamOf(bodyOf(this));
    },
    get bodyUsed() {
      return isBodyUsed(bodyOf(this));
    },
    async arrayBuffer() {
      const bytes = wholeBytesOf(bodyOf(this));
      return bufferOfBytes(isPromise(bytes) ? await bytes : bytes);
    },
    async blob() {
      const contentType = contentTypeOf(this);
      const bytes = wholeBytesOf(bodyOf(this));
      return blobOfBytes(isPromise(bytes) ? await bytes : bytes, contentType);
    },
    async bytes() {
      const bytes = wholeBytesOf(bodyOf(this));
      return isPromise(bytes) ? await bytes : bytes;
    },
    async formData() {
      const contentType = contentTypeOf(this);
      const bytes = wholeBytesOf(bodyOf(this));
      return formDataOfBytes(isPromise(bytes) ? await bytes : bytes, contentType);
    },
    async json() {
      const text = textOf(bodyOf(this));
      return parseJson(typeof text === "string" ? text : await text);
    },
    async text() {
      const text = textOf(bodyOf(this));
      return typeof text === "string" ? text : await text;
    },
  };
  Object.defineProperties(Class.prototype, Object.getOwnPropertyDescriptors(members));
}

// Why it is asked at all, where `await` would do for both: awaiting bytes would look for a `then` among their properties.
const isPromise = (value) => value instanceof NativePromise;
