// harm: a logged Proxy whose traps never return
// expect: 200 - ok
export default {
  fetch() {
    const trap = () => { for (;;) {} };
    console.log(new Proxy({}, { get: trap, ownKeys: trap, getPrototypeOf: trap, has: trap }));
    return new Response("logged");
  },
};
