// harm: functions made of texts, through every constructor
// expect: 200 - ok
// body: EvalError,EvalError,EvalError,EvalError
export default {
  fetch() {
    const kinds = [() => {}, async () => {}, function* () {}, async function* () {}];
    const names = kinds.map((kind) => {
      try {
        kind.constructor("return 1");
        return "allowed";
      } catch (error) {
        return error.name;
      }
    });
    return new Response(names.join());
  },
};
