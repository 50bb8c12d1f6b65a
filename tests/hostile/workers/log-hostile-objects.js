// harm: objects that throw whatever is done to them, logged
// expect: 200 - ok
// body: logged
export default {
  fetch() {
    const { proxy, revoke } = Proxy.revocable(function () {}, {});
    revoke();
    const thrower = new Proxy({}, new Proxy({}, { get() { throw new Error("trap"); } }));
    for (const object of [proxy, thrower, [proxy], { thrower }, new Map([[proxy, thrower]]), Object.create(proxy)]) {
      console.log(object);
      console.log("%s %o %j %d", object, object, object, object);
      console.table(object);
      console.dir(object, { depth: 9 });
      console.count("x");
    }
    return new Response("logged");
  },
};
