// `util.parseArgs`.
import { invalidType, invalidValue, typeError } from "./errors.js";
import { requireArray, requireBoolean, requireObject, requireString } from "./validate.js";

export function parseArgs(config = {}) {
  requireObject(config, "config");
  const { args = [], strict = true, allowPositionals = !strict, tokens: wantsTokens = false, allowNegative = false, options = {} } = config;
  requireArray(args, "args");
  requireBoolean(strict, "strict");
  requireBoolean(allowPositionals, "allowPositionals");
  requireBoolean(wantsTokens, "tokens");
  requireObject(options, "options");
  for (const [name, option] of Object.entries(options)) requireOption(name, option);

  const tokens = tokensOf(args.map(String), options);
  const values = { __proto__: null };
  const positionals = [];
  for (const token of tokens) {
    if (token.kind === "option") {
      const negated = allowNegative && token.value === undefined && token.name.startsWith("no-");
      const name = negated ? token.name.slice(3) : token.name;
      if (strict) requireKnown(token, name, options, allowPositionals);
      store(values, name, negated ? false : token.value, options[name]);
    } else if (token.kind === "positional") {
      if (!allowPositionals) throw typeError("ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL", `Unexpected argument '${token.value}'. This command does not take positional arguments`);
      positionals.push(token.value);
    }
  }
  for (const [name, option] of Object.entries(options)) {
    if (option.default !== undefined && values[name] === undefined) values[name] = option.default;
  }
  return wantsTokens ? { values, positionals, tokens } : { values, positionals };
}

function requireOption(name, option) {
  requireObject(option, `options.${name}`);
  if (option.type !== "string" && option.type !== "boolean") throw invalidType(`options.${name}.type`, "('string|boolean')", option.type);
  if (Object.hasOwn(option, "short")) {
    requireString(option.short, `options.${name}.short`);
    if (option.short.length !== 1) throw invalidValue(`options.${name}.short`, option.short, "must be a single character");
  }
  if (Object.hasOwn(option, "multiple")) requireBoolean(option.multiple, `options.${name}.multiple`);
  const { default: byDefault } = option;
  if (byDefault === undefined) return;
  const list = option.multiple ? byDefault : [byDefault];
  if (!Array.isArray(list)) throw invalidType(`options.${name}.default`, "an instance of Array", list);
  for (const one of list) {
    if (typeof one !== option.type) throw invalidType(`options.${name}.default`, `of type ${option.type}`, one);
  }
}

// The long name of a short option.
function longOf(short, options) {
  for (const [name, option] of Object.entries(options)) {
    if (option.short === short) return name;
  }
  return short;
}

const typeOf = (name, options) => (Object.hasOwn(options, name) ? options[name].type : undefined);

function tokensOf(args, options) {
  const tokens = [];
  const queue = args.map((text, index) => ({ text, index }));
  let grouped = 0;
  while (queue.length > 0) {
    const { text, index } = queue.shift();
    const inGroup = grouped > 0;
    if (inGroup) grouped--;
    const next = queue[0];
    const push = (name, rawName, value, inlineValue) => tokens.push({ kind: "option", name, rawName, index, value, inlineValue });
    if (text === "--") {
      tokens.push({ kind: "option-terminator", index });
      for (const rest of queue) tokens.push({ kind: "positional", index: rest.index, value: rest.text });
      return tokens;
    }
    if (/^-[^-]$/.test(text)) {
      const name = longOf(text[1], options);
      if (typeOf(name, options) === "string" && next !== undefined) push(name, text, queue.shift().text, false);
      else push(name, text, undefined, undefined);
    } else if (/^-[^-]./.test(text)) {
      const first = longOf(text[1], options);
      if (typeOf(first, options) === "string") {
        push(first, `-${text[1]}`, text.slice(2), true);
      } else {
        // A group: -abc is -a -b -c, or -a -bc if b takes a value.
        const parts = [];
        for (let i = 1; i < text.length; i++) {
          if (typeOf(longOf(text[i], options), options) !== "string" || i === text.length - 1) parts.push(`-${text[i]}`);
          else {
            parts.push(`-${text.slice(i)}`);
            break;
          }
        }
        queue.unshift(...parts.map((part) => ({ text: part, index })));
        grouped = parts.length;
      }
    } else if (/^--[^=]+=/s.test(text)) {
      const at = text.indexOf("=");
      push(text.slice(2, at), text.slice(0, at), text.slice(at + 1), true);
    } else if (/^--./s.test(text)) {
      const name = text.slice(2);
      if (typeOf(name, options) === "string" && next !== undefined) push(name, text, queue.shift().text, false);
      else push(name, text, undefined, undefined);
    } else {
      tokens.push({ kind: "positional", index, value: text });
    }
  }
  return tokens;
}

function requireKnown(token, name, options, allowPositionals) {
  const known = Object.hasOwn(options, name);
  if (!known) {
    const hint = allowPositionals ? `. To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- "${token.rawName}"` : "";
    throw typeError("ERR_PARSE_ARGS_UNKNOWN_OPTION", `Unknown option '${token.rawName}'${hint}`);
  }
  const { short, type } = options[name];
  const both = short ? `-${short}, ` : "";
  if (type === "string" && typeof token.value !== "string") {
    throw typeError("ERR_PARSE_ARGS_INVALID_OPTION_VALUE", `Option '${both}--${name} <value>' argument missing`);
  }
  if (type === "boolean" && token.value !== undefined) {
    throw typeError("ERR_PARSE_ARGS_INVALID_OPTION_VALUE", `Option '${both}--${name}' does not take an argument`);
  }
  if (token.inlineValue === false && token.value.length > 1 && token.value[0] === "-") {
    const example = token.rawName.startsWith("--") ? `'${token.rawName}=-XYZ'` : `'--${name}=-XYZ' or '${token.rawName}-XYZ'`;
    throw typeError(
      "ERR_PARSE_ARGS_INVALID_OPTION_VALUE",
      `Option '${token.rawName}' argument is ambiguous.\nDid you forget to specify the option argument for '${token.rawName}'?\n` +
        `To specify an option argument starting with a dash use ${example}.`,
    );
  }
}

function store(values, name, value, option) {
  if (name === "__proto__") return;
  const stored = value ?? true;
  if (option?.multiple) {
    if (values[name] === undefined) values[name] = [stored];
    else values[name].push(stored);
  } else {
    values[name] = stored;
  }
}
