// harm: a thenable that resolves, rejects and throws at once
// expect: 200 - ok
// body: first
export default {
  fetch() {
    return {
      then(resolve, reject) {
        resolve(new Response("first"));
        reject(new Error("second"));
        throw new Error("third");
      },
    };
  },
};
