// harm: a loop around number formats of huge numbers
// expect: 503 exceeded-cpu exceededCpu
// limits: memory_mib=128
export default {
  fetch() {
    const number = 10n ** 20_000n;
    const format = new Intl.NumberFormat("en");
    for (;;) format.format(number);
  },
};
