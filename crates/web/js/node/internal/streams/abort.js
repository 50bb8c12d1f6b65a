// Streams that end when a signal is aborted.
import { AbortError, invalidType } from "../errors.js";
import { requireSignal } from "../validate.js";
import { finished } from "./finished.js";
import { isNodeStream, isWebStream } from "./lifecycle.js";

export function addAbortSignal(signal, stream) {
  if (signal === undefined || signal === null || typeof signal !== "object" || !("aborted" in signal)) throw invalidType("signal", "an instance of AbortSignal", signal);
  requireSignal(signal, "signal");
  if (!isNodeStream(stream) && !isWebStream(stream)) throw invalidType("stream", "an instance of ReadableStream, WritableStream, or Stream", stream);
  if (!isNodeStream(stream)) return stream;
  const onAbort = () => stream.destroy(new AbortError(undefined, { cause: signal.reason }));
  if (signal.aborted) onAbort();
  else {
    signal.addEventListener("abort", onAbort, { once: true });
    finished(stream, () => signal.removeEventListener("abort", onAbort));
  }
  return stream;
}
