// harm: an element so far away that an array of that length has no room
// expect: 200 - ok
// body: 4294967294
export default {
  fetch() {
    const sparse = [];
    sparse[4294967293] = 1;
    sparse[2 ** 31] = 2;
    return new Response(String(sparse.length));
  },
};
