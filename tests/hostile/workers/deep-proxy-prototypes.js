// harm: proxies that are each other's prototypes
// expect: 500 worker-exception exception
// body: RangeError
export default {
  fetch() {
    const proxy = new Proxy({}, {});
    Object.setPrototypeOf(proxy, Object.create(proxy, {}));
    return new Response(String(proxy.a));
  },
};
