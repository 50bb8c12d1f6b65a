// harm: functions bound a hundred thousand times, called
// expect: 200 - ok
export default {
  fetch() {
    let bound = () => 1;
    for (let n = 0; n < 100_000; n++) bound = bound.bind(null);
    try {
      return new Response(String(bound()));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
