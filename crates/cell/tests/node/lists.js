import assert from "./assert.js";
import async_hooks from "./async-hooks.js";
import buffer from "./buffer.js";
import crypto from "./crypto.js";
import crypto_agreement from "./crypto-agreement.js";
import crypto_certificates from "./crypto-certificates.js";
import crypto_rare from "./crypto-rare.js";
import events from "./events.js";
import files from "./files.js";
import path from "./path.js";
import querystring from "./querystring.js";
import rest from "./rest.js";
import stream from "./stream.js";
import string_decoder from "./string-decoder.js";
import url from "./url.js";
import util from "./inspecting.js";
import zlib from "./zlib.js";

export const lists = { assert, async_hooks, buffer, crypto, crypto_agreement, crypto_certificates, crypto_rare, events, files, path, querystring, rest, stream, string_decoder, url, util, zlib };
