// `node:stream/consumers`: all that a stream gives, at once.
import { Buffer } from "../buffer.js";

export async function blob(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return new Blob(chunks);
}

export async function arrayBuffer(stream) {
  return (await blob(stream)).arrayBuffer();
}

export async function buffer(stream) {
  return Buffer.from(await arrayBuffer(stream));
}

export async function text(stream) {
  const decoder = new TextDecoder();
  let string = "";
  for await (const chunk of stream) string += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  return string + decoder.decode();
}

export async function json(stream) {
  return JSON.parse(await text(stream));
}

export default { arrayBuffer, blob, buffer, json, text };
