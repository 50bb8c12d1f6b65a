// harm: every global deleted at the top level
// expect: 200 - ok
// client: get 2
const { Response: Kept } = globalThis;
for (const key of Reflect.ownKeys(globalThis)) {
  try {
    delete globalThis[key];
  } catch {
    continue;
  }
}

export default {
  fetch() {
    return new Kept("answered");
  },
};
