// What `Stream` itself is: an emitter that can be piped, as streams were in the beginning.
import { EventEmitter } from "../../events.js";

export function Stream(options) {
  EventEmitter.call(this, options);
}
Object.setPrototypeOf(Stream.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Stream, EventEmitter);

Stream.prototype.pipe = function (target, options) {
  const source = this;
  const onData = (chunk) => {
    if (target.writable && target.write(chunk) === false) source.pause?.();
  };
  const onDrain = () => {
    if (source.readable) source.resume?.();
  };
  let ended = false;
  const onEnd = () => {
    if (ended) return;
    ended = true;
    target.end();
  };
  const onClose = () => {
    if (ended) return;
    ended = true;
    target.destroy?.();
  };
  const onError = function (failure) {
    forget();
    if (EventEmitter.listenerCount(this, "error") === 0) this.emit("error", failure);
  };
  function forget() {
    source.removeListener("data", onData);
    target.removeListener("drain", onDrain);
    source.removeListener("end", onEnd);
    source.removeListener("close", onClose);
    for (const one of [source, target]) {
      one.removeListener("error", onError);
      one.removeListener("end", forget);
      one.removeListener("close", forget);
    }
  }
  source.on("data", onData);
  target.on("drain", onDrain);
  if (!target._isStdio && options?.end !== false) {
    source.on("end", onEnd);
    source.on("close", onClose);
  }
  source.on("error", onError);
  target.on("error", onError);
  source.on("end", forget);
  source.on("close", forget);
  target.on("close", forget);
  target.emit("pipe", source);
  return target;
};
