// What the adapters give a worker as `ctx`: none of the benchmark's workers uses it.
export const context = { waitUntil() {}, passThroughOnException() {}, props: {} };
