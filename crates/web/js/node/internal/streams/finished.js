// `finished`: tells when a stream is over, however it came to that.
import { AsyncResource } from "../../async_hooks.js";
import { AbortError, error, invalidType, notImplemented } from "../errors.js";
import { requireFunction, requireObject, requireSignal } from "../validate.js";
import { isNodeStream, isWebStream, soon } from "./lifecycle.js";

const premature = () => error("ERR_STREAM_PREMATURE_CLOSE", "Premature close");

function onlyOnce(callback) {
  let called = false;
  return function (...args) {
    if (called) return;
    called = true;
    Reflect.apply(callback, this, args);
  };
}

export function finished(stream, givenOptions, givenCallback) {
  let [options, callback] = [givenOptions, givenCallback];
  if (callback === undefined) [options, callback] = [{}, options];
  else if (options === undefined || options === null) options = {};
  else requireObject(options, "options");
  requireFunction(callback, "callback");
  requireSignal(options.signal, "options.signal");
  const done = onlyOnce(AsyncResource.bind(callback));
  // A stream of the Web tells of itself only to who reads or writes it.
  if (isWebStream(stream)) throw notImplemented("stream", "finished of a stream of the Web");
  if (!isNodeStream(stream)) throw invalidType("stream", "an instance of ReadableStream, WritableStream, or Stream", stream);
  return finishedOfNode(stream, options, done);
}

function finishedOfNode(stream, options, done) {
  const [w, r] = [stream._writableState, stream._readableState];
  const readable = options.readable ?? (r ? stream.readable !== false || r.endEmitted || r.ended || r.readable !== false : false);
  const writable = options.writable ?? (w ? w.writable !== false : typeof stream.write === "function" && !r);
  let writableFinished = Boolean(w?.finished);
  let readableFinished = Boolean(r?.endEmitted);
  const willEmitClose = Boolean((w?.autoDestroy || r?.autoDestroy) && (w?.emitClose ?? true) && (r?.emitClose ?? true) && (!w || w.closed === false || !w.closeEmitted) && (w || r) && Boolean(writable) === Boolean(w && w.writable !== false) && Boolean(readable) === Boolean(r && r.readable !== false));

  const onFinish = () => {
    writableFinished = true;
    if (stream.destroyed && !w) return;
    if (willEmitClose && (!readable || stream.readable)) return;
    if (!readable || readableFinished) done.call(stream);
  };
  const onEnd = () => {
    readableFinished = true;
    if (willEmitClose && (!writable || stream.writable)) return;
    if (!writable || writableFinished) done.call(stream);
  };
  const onError = (failure) => done.call(stream, failure);
  const onClose = () => {
    const errored = w?.errored ?? r?.errored;
    if (errored && typeof errored !== "boolean") return done.call(stream, errored);
    if (readable && !readableFinished && r && !r.endEmitted) return done.call(stream, premature());
    if (writable && !writableFinished && w && !w.finished) return done.call(stream, premature());
    return done.call(stream);
  };
  const onLegacyEnd = () => {
    stream.writable = false;
    if (!writableFinished) onFinish();
  };

  if (writable && !w) {
    stream.on("end", onLegacyEnd);
    stream.on("close", onLegacyEnd);
  }
  stream.on("end", onEnd);
  stream.on("finish", onFinish);
  if (options.error !== false) stream.on("error", onError);
  stream.on("close", onClose);

  const closed = w?.closed || r?.closed;
  if (closed) soon(onClose);
  else if (w?.errorEmitted || r?.errorEmitted) {
    if (!willEmitClose) soon(() => onError(w?.errored ?? r?.errored));
    else soon(onClose);
  } else if (!readable && (!willEmitClose || stream.readable) && (writableFinished || stream.writable === false)) {
    soon(onClose);
  } else if (!writable && (!willEmitClose || stream.writable) && (readableFinished || stream.readable === false)) {
    soon(onClose);
  }

  const forget = () => {
    stream.removeListener("end", onLegacyEnd);
    stream.removeListener("close", onLegacyEnd);
    stream.removeListener("end", onEnd);
    stream.removeListener("finish", onFinish);
    stream.removeListener("error", onError);
    stream.removeListener("close", onClose);
  };
  watchSignal(options.signal, (failure) => {
    forget();
    done.call(stream, failure);
  });
  return forget;
}

function watchSignal(signal, abort) {
  if (signal === undefined) return;
  const onAbort = () => abort(new AbortError(undefined, { cause: signal.reason }));
  if (signal.aborted) soon(onAbort);
  else signal.addEventListener("abort", onAbort, { once: true });
}

/** `finished` of `node:stream/promises`. */
export function finishedPromise(stream, options = {}) {
  return new Promise((resolve, reject) => {
    const forget = finished(stream, options, (failure) => {
      if (options?.cleanup) forget?.();
      if (failure) reject(failure);
      else resolve();
    });
  });
}
