// harm: classes without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    let Last = class {};
    for (;;) Last = class extends Last { static room = new Array(100); method() {} };
  },
};
