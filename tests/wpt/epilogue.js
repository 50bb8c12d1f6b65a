// What follows testharness.js: tells the runner of each subtest, also of those that have not ended when time is up.
const STATUS = ["PASS", "FAIL", "TIMEOUT", "NOTRUN", "PRECONDITION_FAILED"];
const told = new Map();
const told_of = ({ name, status, message }) => ({ name, status: STATUS[status], message: String(message ?? "").slice(0, 300) });
const report = (status, message = "") => finish(Response.json({ status, message, tests: [...told.values()] }));
add_result_callback((test) => told.set(test, told_of(test)));
add_test_state_callback?.((test) => told.has(test) || told.set(test, { ...told_of(test), status: "TIMEOUT", message: "has not ended" }));
add_completion_callback((tests, { status, message }) => {
  for (const test of tests) told.set(test, told_of(test));
  report(["OK", "ERROR", "TIMEOUT", "PRECONDITION_FAILED"][status], String(message ?? ""));
});
setTimeout(report, PATIENCE_MS, "TIMEOUT");
