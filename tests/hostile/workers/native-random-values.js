// harm: a loop around getRandomValues
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const bytes = new Uint8Array(65_536);
    for (;;) crypto.getRandomValues(bytes);
  },
};
