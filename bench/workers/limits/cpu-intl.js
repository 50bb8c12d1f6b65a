// Makes formatters for dates and numbers without an end: each loads locale data.
export default {
  fetch() {
    for (let n = 0; ; n++) {
      new Intl.NumberFormat("de", { minimumFractionDigits: n % 20 }).format(n);
      new Intl.DateTimeFormat("ar", { dateStyle: "full" }).format(n);
    }
  },
};
