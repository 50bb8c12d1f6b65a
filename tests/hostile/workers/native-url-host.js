// harm: a loop around long international host names
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const text = "http://" + "\u00fc\u4e2d".repeat(20_000) + "/";
    for (;;) URL.canParse(text);
  },
};
