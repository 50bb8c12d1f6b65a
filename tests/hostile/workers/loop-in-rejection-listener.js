// harm: a loop in a listener for unhandled rejections
// expect: 200 - exceededCpu
addEventListener("unhandledrejection", () => { for (;;) {} });

export default {
  fetch() {
    Promise.reject(new Error("unseen"));
    return new Response("done");
  },
};
