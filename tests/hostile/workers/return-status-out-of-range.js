// harm: statuses that HTTP does not have
// expect: 200 - ok
// body: RangeError,RangeError,RangeError,RangeError
export default {
  fetch() {
    const names = [0, 99, 1000, NaN].map((status) => {
      try {
        return new Response("", { status }).status;
      } catch (error) {
        return error.name;
      }
    });
    return new Response(names.join());
  },
};
