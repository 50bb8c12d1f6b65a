// One mebibyte in and out again: the request's body is the response's.
export default {
  fetch(request) {
    return new Response(request.body, { headers: { "content-type": "application/octet-stream" } });
  },
};
