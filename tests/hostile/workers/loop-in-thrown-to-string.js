// harm: a thrown object whose toString never returns
// expect: 500 worker-exception exception
export default {
  fetch() {
    throw { toString() { for (;;) {} } };
  },
};
