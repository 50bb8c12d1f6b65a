// harm: listeners that dispatch the event that they listen to
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    const target = new EventTarget();
    target.addEventListener("x", () => { for (;;) target.dispatchEvent(new Event("y")); });
    target.dispatchEvent(new Event("x"));
  },
};
