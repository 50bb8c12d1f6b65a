// harm: the time as a format of dates tells it
// expect: 200 - ok
// body: still
export default {
  fetch() {
    const format = new Intl.DateTimeFormat("en", { fractionalSecondDigits: 3, second: "2-digit" });
    const before = format.format();
    for (let n = 0; n < 3e7; n++);
    const temporal = globalThis.Temporal?.Now;
    const instant = temporal?.instant().epochNanoseconds;
    for (let n = 0; n < 1e6; n++);
    return new Response(format.format() === before && temporal?.instant().epochNanoseconds === instant ? "still" : "moved");
  },
};
