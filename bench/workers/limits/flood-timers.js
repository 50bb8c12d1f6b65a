// Sets timers without an end, thousands at a time.
export default {
  fetch() {
    const rounds = [];
    const again = () => {
      for (let n = 0; n < 5_000; n++) setTimeout(() => rounds.push(n), n % 10);
      setTimeout(again, 1);
    };
    again();
    return new Promise(() => {});
  },
};
