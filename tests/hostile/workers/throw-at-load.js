// harm: a revoked Proxy, thrown at the top level of the module
// expect: 500 worker-does-not-load exception
const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
throw proxy;
export default { fetch() {} };
