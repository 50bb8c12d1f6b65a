// harm: proxies of proxies, a hundred thousand deep, asked for a property
// expect: 200 - ok or 503 exceeded-cpu exceededCpu
// body: RangeError
export default {
  fetch() {
    let proxy = {};
    for (let n = 0; n < 100_000; n++) proxy = new Proxy(proxy, {});
    try {
      return new Response(String(proxy.a));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
