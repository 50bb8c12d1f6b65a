// harm: a loop in toJSON, called by Response.json
// expect: 503 exceeded-cpu exceededCpu
export default {
  fetch() {
    return Response.json({ toJSON() { for (;;) {} } });
  },
};
