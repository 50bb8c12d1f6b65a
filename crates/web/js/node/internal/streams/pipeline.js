// `pipeline`: streams, iterables and functions, one behind the other, that end together.
import { AbortError, error, invalidType, typeError } from "../errors.js";
import { requireFunction, requireSignal } from "../validate.js";
import { PassThrough } from "./duplex.js";
import { finished } from "./finished.js";
import { Readable } from "./readable.js";
import { isNodeStream, isWebStream, soon } from "./lifecycle.js";
import { readableFromWeb, writableFromWeb } from "./web.js";
import { Writable } from "./writable.js";

const isIterable = (value) => value !== null && value !== undefined && (typeof value[Symbol.asyncIterator] === "function" || typeof value[Symbol.iterator] === "function");

export function pipeline(...args) {
  const callback = args.pop();
  requireFunction(callback, "streams[stream.length - 1]");
  return run(args.length === 1 && Array.isArray(args[0]) ? args[0] : args, callback, {});
}

/** `pipeline` of `node:stream/promises`. */
export function pipelinePromise(...args) {
  return new Promise((resolve, reject) => {
    const last = args.at(-1);
    let options = {};
    if (last !== null && typeof last === "object" && !isNodeStream(last) && !isIterable(last) && !isWebStream(last)) options = args.pop();
    run(args.length === 1 && Array.isArray(args[0]) ? args[0] : args, (failure, value) => (failure ? reject(failure) : resolve(value)), options);
  });
}

export function run(stages, callback, { signal, end = true }) {
  if (stages.length < 2) throw typeError("ERR_MISSING_ARGS", 'The "streams" argument must be specified');
  requireSignal(signal, "options.signal");
  const streams = [];
  const controller = new AbortController();
  let failure;
  let value;
  let waiting = 0;
  let called = false;

  const fail = (given) => {
    // What went wrong first counts, but for streams that close because another one did.
    if (given && (failure === undefined || failure.code === "ERR_STREAM_PREMATURE_CLOSE")) failure = given;
    if (failure === undefined) return;
    for (const { stream, mine } of streams) {
      if (mine) stream.destroy(failure);
    }
    controller.abort();
  };
  const settle = (given) => {
    fail(given);
    if (--waiting > 0 || called) return;
    called = true;
    signal?.removeEventListener("abort", onAbort);
    soon(callback, failure, value);
  };
  const onAbort = () => fail(new AbortError(undefined, { cause: signal.reason }));
  const watch = (stream, sides, mine) => {
    streams.push({ stream, mine });
    waiting++;
    finished(stream, sides, (given) => settle(given));
  };

  waiting++;
  let current;
  try {
    for (let i = 0; i < stages.length; i++) {
      const isFirst = i === 0;
      const isLast = i === stages.length - 1;
      current = connect({ stage: stages[i], current, isFirst, isLast, end, signal: controller.signal, watch, fail, settle, begin: () => waiting++, give: (given) => (value = given) });
    }
  } catch (thrown) {
    for (const { stream } of streams) stream.destroy();
    throw thrown;
  }
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  soon(settle);
  return current;
}

function connect({ stage: given, current, isFirst, isLast, end, signal, watch, fail, settle, begin, give }) {
  let stage = given;
  if (typeof stage === "function") {
    const result = isFirst ? stage({ signal }) : stage(iterableOf(current), { signal });
    if (isFirst && !isIterable(result)) throw typeError("ERR_INVALID_RETURN_VALUE", 'Expected Iterable, AsyncIterable or Stream to be returned from the "source" function.');
    if (isIterable(result) && !isNodeStream(result)) return isLast ? drain(result, { begin, settle, give }) : result;
    if (isNodeStream(result)) return result;
    if (!isLast || typeof result?.then !== "function") throw typeError("ERR_INVALID_RETURN_VALUE", `Expected AsyncIterable or Promise to be returned from the "${isLast ? "destination" : "transform[0]"}" function.`);
    const output = new PassThrough({ objectMode: true });
    begin();
    Promise.resolve(result).then(
      (last) => {
        give(last);
        output.end(last ?? undefined);
        settle();
      },
      (failure) => {
        output.destroy(failure);
        settle(failure);
      },
    );
    return output;
  }
  if (stage instanceof ReadableStream && isFirst) stage = readableFromWeb(stage, {}, Readable);
  else if (stage instanceof WritableStream) stage = writableFromWeb(stage, { objectMode: true }, Writable);
  else if (isWebStream(stage) && !(stage instanceof ReadableStream)) {
    const target = writableFromWeb(stage.writable, { objectMode: true }, Writable);
    attach(current, target, { begin, settle, end: true });
    watch(target, { readable: false }, true);
    const source = readableFromWeb(stage.readable, { objectMode: true }, Readable);
    watch(source, { writable: false }, true);
    return source;
  }
  if (isNodeStream(stage)) {
    if (isFirst) watch(stage, { readable: true, writable: false }, true);
    else {
      attach(current, stage, { begin, settle, end: end || !isLast });
      if (end || !isLast) watch(stage, { readable: !isLast && stage._readableState !== undefined, writable: true }, true);
      // A target that stays open is not waited for.
      else finished(stage, { readable: false }, (failure) => failure && fail(failure));
    }
    return stage;
  }
  if (isFirst && isIterable(stage)) return stage;
  throw invalidType(isFirst ? "source" : isLast ? "destination" : "transform", "an instance of Stream, Iterable, or AsyncIterable or of type function", stage);
}

const iterableOf = (current) => {
  if (current instanceof ReadableStream || typeof current?.[Symbol.asyncIterator] === "function" || typeof current?.[Symbol.iterator] === "function") return current;
  return Readable.prototype[Symbol.asyncIterator].call(current);
};

function attach(source, target, { begin, settle, end }) {
  if (isNodeStream(source)) {
    source.pipe(target, { end: false });
    if (!end) return;
    const finish = () => target.end();
    if (source._readableState?.endEmitted || source.readableEnded) soon(finish);
    else source.once("end", finish);
    return;
  }
  begin();
  pump(source, target, end).then(() => settle(), settle);
}

// Writes what an iterable gives, as fast as it is taken.
async function pump(source, target, end) {
  let wake;
  let failure;
  const onDrain = () => wake?.();
  target.on("drain", onDrain);
  const forget = finished(target, { readable: false }, (given) => {
    failure = given ?? error("ERR_STREAM_PREMATURE_CLOSE", "Premature close");
    wake?.();
  });
  const room = () =>
    new Promise((resolve) => {
      wake = resolve;
      if (failure !== undefined || !target.writableNeedDrain) resolve();
    });
  try {
    if (target.writableNeedDrain) await room();
    for await (const chunk of source) {
      if (failure !== undefined) throw failure;
      if (!target.write(chunk)) await room();
      if (failure !== undefined) throw failure;
    }
    if (end) target.end();
  } catch (thrown) {
    target.destroy(thrown);
    throw thrown;
  } finally {
    forget();
    target.off("drain", onDrain);
  }
}

// The last stage gives an iterable: a stream of it.
function drain(iterable, { begin, settle }) {
  const output = new PassThrough({ objectMode: true });
  begin();
  pump(iterable, output, true).then(() => settle(), settle);
  return output;
}
