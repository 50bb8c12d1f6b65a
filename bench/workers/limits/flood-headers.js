// Answers with 100,000 headers of a kilobyte each.
export default {
  fetch() {
    const headers = new Headers();
    for (let n = 0; n < 100_000; n++) headers.append(`x-${n}`, "v".repeat(1000));
    return new Response("", { headers });
  },
};
