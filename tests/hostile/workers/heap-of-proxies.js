// harm: proxies of proxies without an end
// expect: 503 exceeded-memory exceededMemory or 503 exceeded-cpu exceededCpu
// limits: cpu_ms=1000
export default {
  fetch() {
    let proxy = {};
    for (;;) proxy = new Proxy(proxy, {});
  },
};
