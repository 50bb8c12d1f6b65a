// harm: a log that would steer the terminal of whoever reads it
// expect: 200 - ok
export default {
  fetch() {
    console.log("\x1b]0;title\x07\x1b[2J\x1b[31mred\u009b31m\r\b\x7f");
    console.error("\x1b[8m".repeat(100), { "\x1b[2J": "\x1b[2J" });
    return new Response("logged");
  },
};
