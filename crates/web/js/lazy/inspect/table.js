// Tables of data (https://console.spec.whatwg.org/#table).
import * as kind from "../../kinds.js";
import { inspect } from "../inspect.js";
import { native } from "../../native.js";
import * as lang from "../../primordials.js";

const ROWS_MAX = 500;
const COLUMNS_MAX = 50;

/** `data` as a table, or undefined if it has no rows. `columns` are the names of those to show; undefined: all. */
export function table(data, columns) {
  const rows = rowsOf(data);
  if (rows === undefined) return undefined;
  const names = [];
  const hasName = { __proto__: null };
  const addName = (name) => {
    if (hasName[name] || names.length >= COLUMNS_MAX) return;
    hasName[name] = true;
    names[names.length] = name;
  };
  for (let i = 0; columns !== undefined && i < columns.length; i++) addName(columns[i]);
  let hasValues = false;
  for (let i = 0; i < rows.list.length; i++) {
    const row = rows.list[i];
    row.cells = cellsOf(row.value);
    if (row.cells === undefined) hasValues = true;
    else if (columns === undefined) for (let k = 0; k < row.cells.names.length; k++) addName(row.cells.names[k]);
  }
  return drawn(rows, names, hasValues);
}

function rowsOf(data) {
  const what = native.kindOf(data);
  if (what === kind.PRIMITIVE || what === kind.FUNCTION) return undefined;
  const list = [];
  const add = (index, value, key) => {
    if (list.length < ROWS_MAX) list[list.length] = { index, value, key };
  };
  if (what === kind.MAP) {
    let count = 0;
    lang.mapForEach(data, (value, key) => add(`${count++}`, value, cell(key)));
    return { list, indexName: "(iteration index)", keyName: "Key" };
  }
  if (what === kind.SET) {
    let count = 0;
    lang.setForEach(data, (value) => add(`${count++}`, value));
    return { list, indexName: "(iteration index)" };
  }
  if (what === kind.PROXY) return rowsOf(native.proxyTarget(data));
  const keys = lang.ownKeys(data);
  for (let i = 0; i < keys.length && list.length < ROWS_MAX; i++) {
    const descriptor = lang.descriptorOf(data, keys[i]);
    if (descriptor !== undefined) add(keys[i], descriptor.value);
  }
  return { list, indexName: "(index)" };
}

// The cells of a row by the names of their columns; undefined if the row is one value.
function cellsOf(value) {
  const what = native.kindOf(value);
  if (what === kind.PRIMITIVE || what === kind.FUNCTION || what === kind.PROXY) return undefined;
  const names = lang.ownKeys(value);
  const cells = { __proto__: null };
  for (let i = 0; i < names.length && i < COLUMNS_MAX; i++) {
    const descriptor = lang.descriptorOf(value, names[i]);
    if (descriptor !== undefined) cells[names[i]] = descriptor.get === undefined ? cell(descriptor.value) : "[Getter]";
  }
  return { names, cells };
}

function cell(value) {
  const text = inspect(value, { depth: 0, textLengthMax: 500 });
  return lang.stringIncludes(text, "\n") ? lang.stringSlice(text, 0, lang.stringIndexOf(text, "\n")) : text;
}

function drawn({ list, indexName, keyName }, names, hasValues) {
  const heads = [indexName];
  if (keyName !== undefined) heads[1] = keyName;
  for (let i = 0; i < names.length; i++) heads[heads.length] = names[i];
  if (hasValues) heads[heads.length] = "Values";
  const lines = [];
  for (let i = 0; i < list.length; i++) {
    const { index, key, cells, value } = list[i];
    const line = [index];
    if (keyName !== undefined) line[1] = key;
    for (let k = 0; k < names.length; k++) line[line.length] = cells?.cells[names[k]] ?? "";
    if (hasValues) line[line.length] = cells === undefined ? cell(value) : "";
    lines[i] = line;
  }
  return ruled(heads, lines);
}

function ruled(heads, lines) {
  const widths = [];
  for (let column = 0; column < heads.length; column++) {
    let width = heads[column].length;
    for (let i = 0; i < lines.length; i++) width = lang.max(width, lines[i][column].length);
    widths[column] = width + 2;
  }
  const rule = (left, middle, right) => {
    const parts = [];
    for (let i = 0; i < widths.length; i++) parts[i] = lang.stringRepeat("\u2500", widths[i]);
    return left + lang.joined(parts, middle) + right;
  };
  const row = (cells) => {
    const parts = [];
    for (let i = 0; i < widths.length; i++) parts[i] = lang.stringPadEnd(` ${cells[i]}`, widths[i]);
    return `\u2502${lang.joined(parts, "\u2502")}\u2502`;
  };
  let text = `${rule("\u250c", "\u252c", "\u2510")}\n${row(heads)}\n${rule("\u251c", "\u253c", "\u2524")}\n`;
  for (let i = 0; i < lines.length; i++) text += `${row(lines[i])}\n`;
  return text + rule("\u2514", "\u2534", "\u2518");
}
