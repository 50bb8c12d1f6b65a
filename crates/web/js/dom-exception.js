// DOMException (https://webidl.spec.whatwg.org/#idl-DOMException): the platform's errors that are told apart
// by name.
import { DOMString, defineConstants, defineInterface } from "./webidl.js";

const construct = Reflect.construct;
const NativeError = Error;

// What makes an object a DOMException is kept in private fields that are put onto a genuine Error. Why not
// `class DOMException extends Error`: the standard wants the interface's own prototype to be Function.prototype,
// and the object must still be an Error to V8 (its stack, Error.isError, structured cloning).
class AnyObject {
  constructor(object) {
    return object;
  }
}

let messageOf;
let nameOf;
/** Is this a DOMException? Cannot be faked by a prototype. */
export let isDOMException;

class State extends AnyObject {
  #message;
  #name;

  constructor(exception, message, name) {
    super(exception);
    this.#message = message;
    this.#name = name;
  }

  static {
    messageOf = (exception) => exception.#message;
    nameOf = (exception) => exception.#name;
    isDOMException = (value) => typeof value === "object" && value !== null && #name in value;
  }
}

export class DOMException {
  constructor(message = "", name = "Error") {
    const messageString = DOMString(message);
    const nameString = DOMString(name);
    // V8 writes name and message into the first line of the stack, but not before somebody reads it.
    const exception = construct(NativeError, [], new.target);
    new State(exception, messageString, nameString);
    return exception;
  }

  get name() {
    return nameOf(this);
  }

  get message() {
    return messageOf(this);
  }

  get code() {
    return codes[nameOf(this)] ?? 0;
  }
}
Object.setPrototypeOf(DOMException.prototype, Error.prototype);
defineInterface(DOMException, "DOMException");

/** A copy as structured cloning makes it: same name, message and stack. */
export function cloneDOMException(exception) {
  const copy = new DOMException(messageOf(exception), nameOf(exception));
  const stack = exception.stack;
  if (typeof stack === "string") {
    Object.defineProperty(copy, "stack", { value: stack, writable: true, enumerable: false, configurable: true });
  }
  return copy;
}

defineConstants(DOMException, {
  INDEX_SIZE_ERR: 1,
  DOMSTRING_SIZE_ERR: 2,
  HIERARCHY_REQUEST_ERR: 3,
  WRONG_DOCUMENT_ERR: 4,
  INVALID_CHARACTER_ERR: 5,
  NO_DATA_ALLOWED_ERR: 6,
  NO_MODIFICATION_ALLOWED_ERR: 7,
  NOT_FOUND_ERR: 8,
  NOT_SUPPORTED_ERR: 9,
  INUSE_ATTRIBUTE_ERR: 10,
  INVALID_STATE_ERR: 11,
  SYNTAX_ERR: 12,
  INVALID_MODIFICATION_ERR: 13,
  NAMESPACE_ERR: 14,
  INVALID_ACCESS_ERR: 15,
  VALIDATION_ERR: 16,
  TYPE_MISMATCH_ERR: 17,
  SECURITY_ERR: 18,
  NETWORK_ERR: 19,
  ABORT_ERR: 20,
  URL_MISMATCH_ERR: 21,
  QUOTA_EXCEEDED_ERR: 22,
  TIMEOUT_ERR: 23,
  INVALID_NODE_TYPE_ERR: 24,
  DATA_CLONE_ERR: 25,
});

// Names that are younger than the codes have none.
const codes = {
  __proto__: null,
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
};
