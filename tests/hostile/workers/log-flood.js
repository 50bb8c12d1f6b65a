// harm: lines in the log without an end
// expect: 503 exceeded-cpu exceededCpu
// limits: log_kib=16
export default {
  fetch() {
    for (let n = 0; ; n++) console.log(`line ${n}`);
  },
};
