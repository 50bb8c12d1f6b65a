// harm: proxies of proxies without an end
// expect: 503 exceeded-memory exceededMemory
// limits: cpu_ms=5000
export default {
  fetch() {
    let proxy = {};
    for (;;) proxy = new Proxy(proxy, {});
  },
};
