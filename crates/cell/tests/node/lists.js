import async_hooks from "./async-hooks.js";
import buffer from "./buffer.js";
import events from "./events.js";
import path from "./path.js";
import querystring from "./querystring.js";
import string_decoder from "./string-decoder.js";
import util from "./util.js";

export const lists = { async_hooks, buffer, events, path, querystring, string_decoder, util };
