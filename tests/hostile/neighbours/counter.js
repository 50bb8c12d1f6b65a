// Counts its visits: an isolate that was lost, or shared, would count wrongly.
let visits = 0;

export default {
  fetch() {
    visits++;
    return new Response(`visit ${visits}\n`, { headers: { "x-visit": String(visits) } });
  },
};
