// Whether an isolate of which a turn was stopped can go on. A turn may be stopped between any two steps, also of this
// platform, and the microtasks that were due are dropped with it.
import { forgetJoins } from "./bounded/arrays-searching.js";
import { load, loaded } from "./lazy.js";

/** Fulfils with true when microtasks run, streams flow, and nothing waits for a microtask that was dropped. */
export async function checkSoundness() {
  forgetJoins();
  const reader = new (load("lazy/streams/index.js").ReadableStream)({ pull: (controller) => controller.enqueue("sound") }).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return value === "sound" && !loaded("lazy/performance-observer.js")?.hasUndelivered();
}
