// harm: an error with a hundred thousand causes
// expect: 500 worker-exception exception or 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    let error = new Error("first");
    for (let n = 0; n < 100_000; n++) error = new Error("x", { cause: error });
    throw error;
  },
};
