import { AwsClient } from "aws4fetch";
import axios from "axios";
import ky, { HTTPError } from "ky";

const aws = new AwsClient({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "us-east-1", service: "service" });

export default {
  async fetch(request, env: { BASE: string }) {
    const { pathname } = new URL(request.url);
    if (pathname === "/aws") {
      // A case of AWS's own suite of tests for its signatures: "get-vanilla".
      const signed = await aws.sign("https://example.amazonaws.com/", { aws: { datetime: "20150830T123600Z" } });
      const link = await aws.sign("https://b.s3.amazonaws.com/k?X-Amz-Expires=60", { aws: { signQuery: true, datetime: "20150830T123600Z" } });
      return Response.json({ authorization: signed.headers.get("authorization"), link: new URL(link.url).searchParams.get("X-Amz-Signature") });
    }
    if (pathname === "/axios") {
      const api = axios.create({ baseURL: env.BASE, timeout: 5000, headers: { "x-from": "axios" } });
      api.interceptors.response.use((response) => ({ ...response, data: { ...response.data, seen: true } }));
      const { data, status, headers } = await api.post("/echo", { a: [1, 2] }, { params: { q: "x y" } });
      const failure = await api.get("/missing").catch((error) => ({ known: axios.isAxiosError(error), code: error.code, status: error.response?.status }));
      return Response.json({ data, status, type: headers["content-type"], failure });
    }
    const api = ky.create({ prefixUrl: env.BASE, retry: { limit: 2, delay: () => 5 }, headers: { "x-from": "ky" } });
    const data = await api.post("echo", { json: { b: true }, searchParams: { q: "x y" } }).json();
    const again = await api.get("busy").text();
    const failure = await api.get("missing").catch((error) => ({ known: error instanceof HTTPError, status: error.response.status }));
    return Response.json({ data, again, failure });
  },
} satisfies ExportedHandler<{ BASE: string }>;
