// How the parts of a value are laid out: on one line if they fit, in columns if they are many, else one a line.
import { floor, joined, max, min, round, sqrt, stringIncludes, stringPadEnd, stringPadStart, stringRepeat } from "../../primordials.js";

export const LINE_WIDTH = 80;
// So many levels of values may share a line.
export const NESTING_ON_ONE_LINE = 3;
// Lists of so many parts are set in columns, of which there are at most so many.
const COLUMNS_FROM = 7;
const COLUMNS_MAX = 12;

/**
 * Puts together what `parts` are parts of. `base` stands before the braces; `nesting` says how many levels lie inside;
 * `isList` that the parts have no names; `alignRight` that they are numbers; `width` and `united` how long a line is and how many
 * levels may share it.
 */
export function layOut({ parts, base, open, close, indentation, nesting, isList, alignRight, extraParts, width, united }) {
  const prefix = base === "" ? open : `${base} ${open}`;
  let rows = parts;
  if (united > 0 && isList && parts.length >= COLUMNS_FROM) rows = inColumns({ parts, extraParts, alignRight, indentation, width });
  if (nesting < united && rows === parts && fitsOneLine(parts, base, open.length + indentation, width)) {
    return `${prefix} ${joined(parts, ", ")} ${close}`;
  }
  const newLine = `\n${stringRepeat(" ", indentation)}`;
  return `${prefix}${newLine}  ${joined(rows, `,${newLine}  `)}${newLine}${close}`;
}

function fitsOneLine(parts, base, before, width) {
  let length = parts.length * 2 + before + base.length + 10;
  for (let i = 0; i < parts.length; i++) {
    length += parts[i].length;
    if (length > width || stringIncludes(parts[i], "\n")) return false;
  }
  return !stringIncludes(base, "\n");
}

// Columns as wide as their widest part. Their number is chosen so that the whole looks about square (a character is
// some two and a half times as high as it is wide), and so that it fits the line.
function inColumns({ parts, extraParts, alignRight, indentation, width }) {
  const count = parts.length - extraParts;
  let widest = 0;
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (stringIncludes(parts[i], "\n")) return parts;
    widest = max(widest, parts[i].length + 2);
    total += parts[i].length + 2;
  }
  // A few parts that are much wider than the others would waste the room of all.
  if (widest * 3 + indentation >= width || (total / widest <= 5 && widest > 8)) return parts;
  const typical = max(widest - 3 - sqrt(widest - total / parts.length), 1);
  const columns = min(round(sqrt(2.5 * typical * count) / typical), floor((width - indentation) / widest), COLUMNS_MAX);
  return columns <= 1 ? parts : rowsOf(parts, count, columns, alignRight);
}

function rowsOf(parts, count, columns, alignRight) {
  const widths = [];
  for (let column = 0; column < columns; column++) {
    let width = 0;
    for (let i = column; i < count; i += columns) width = max(width, parts[i].length);
    widths[column] = width + 2;
  }
  const rows = [];
  for (let start = 0; start < count; start += columns) {
    const end = min(start + columns, count);
    let row = "";
    for (let i = start; i < end; i++) {
      const last = i === end - 1;
      const cell = last ? parts[i] : `${parts[i]}, `;
      const width = widths[i - start];
      if (alignRight) row += stringPadStart(cell, last ? width - 2 : width);
      else row += last ? cell : stringPadEnd(cell, width);
    }
    rows[rows.length] = row;
  }
  for (let i = count; i < parts.length; i++) rows[rows.length] = parts[i];
  return rows;
}
