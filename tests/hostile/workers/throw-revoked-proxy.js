// harm: a revoked Proxy, thrown
// expect: 500 worker-exception exception
export default {
  fetch() {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    throw proxy;
  },
};
