// harm: every global frozen at the top level
// expect: 200 - ok
// body: answered
// client: get 2
for (const key of Reflect.ownKeys(globalThis)) {
  const value = globalThis[key];
  if (value !== globalThis && Object(value) === value) Object.freeze(value.prototype ?? value);
}

export default {
  fetch() {
    return new Response("answered", { headers: { a: "b" } });
  },
};
