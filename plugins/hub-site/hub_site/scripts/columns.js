// The table, column by column: what the build wrote, decoded into arrays that are quick to go through.

/** A column of texts that mostly differ. */
class TextColumn {
  constructor(texts) {
    this.kind = "text";
    this.texts = texts;
  }
  get(row) {
    return this.texts[row] || null;
  }
  /** For each row 1 (true), 0 (false) or 2 (unknown), by a test of texts in lower case. */
  test(holds) {
    this.lower ??= this.texts.map((text) => text.toLowerCase());
    return Uint8Array.from(this.lower, (text) => (text === "" ? 2 : holds(text) ? 1 : 0));
  }
  /** The texts that occur. */
  distinct() {
    this.all ??= [...new Set(this.texts)].filter((text) => text !== "");
    return this.all;
  }
  /** A number for each row by which texts are ordered; -1 where there is none. */
  ranks() {
    this.lower ??= this.texts.map((text) => text.toLowerCase());
    const ranks = ranksOf(this.lower);
    return ranks.map((rank, row) => (this.texts[row] === "" ? -1 : rank));
  }
}

/** A column of few texts, each row with the number of one, or -1. */
class CodedColumn {
  constructor(values, codes) {
    this.kind = "coded";
    this.values = values;
    this.codes = Int32Array.from(codes);
  }
  get(row) {
    const code = this.codes[row];
    return code < 0 ? null : this.values[code];
  }
  test(holds) {
    const truth = this.values.map((text) => (holds(text.toLowerCase()) ? 1 : 0));
    const found = new Uint8Array(this.codes.length);
    for (let row = 0; row < found.length; row++) {
      const code = this.codes[row];
      found[row] = code < 0 ? 2 : truth[code];
    }
    return found;
  }
  distinct() {
    return this.values;
  }
  ranks() {
    const order = ranksOf(this.values.map((text) => text.toLowerCase()));
    return Float64Array.from(this.codes, (code) => (code < 0 ? -1 : order[code]));
  }
}

/** A column of numbers; NaN where there is none. */
class NumberColumn {
  constructor(numbers) {
    this.kind = "number";
    this.numbers = numbers;
  }
  get(row) {
    const value = this.numbers[row];
    return Number.isNaN(value) ? null : value;
  }
  test(holds) {
    const found = new Uint8Array(this.numbers.length);
    for (let row = 0; row < found.length; row++) {
      const value = this.numbers[row];
      found[row] = Number.isNaN(value) ? 2 : holds(value) ? 1 : 0;
    }
    return found;
  }
}

class Table {
  constructor(data) {
    this.count = data.count;
    this.columns = new Map();
    for (const [name, column] of Object.entries(data.columns)) {
      this.columns.set(name, decoded(column, data.count));
    }
    this.fields = new Map(data.fields.map((field) => [field.name, field]));
    this.orders = new Map();
  }
  get(name, row) {
    const column = this.columns.get(name);
    return column ? column.get(row) : null;
  }
  /**
   * All rows in the order of a field, as `hub list --sort FIELD:asc` or `:desc` has them: what
   * lacks it comes last, and rows that are equal stay as they are.
   */
  order(name, descending) {
    const key = `${name}:${descending}`;
    if (!this.orders.has(key)) {
      const column = this.columns.get(name);
      const keys = column.kind === "number" ? column.numbers : column.ranks();
      this.orders.set(key, sorted(keys, column.kind !== "number", descending));
    }
    return this.orders.get(key);
  }
}

function decoded(column, count) {
  if (column.text) return new TextColumn(column.text);
  if (column.codes) return new CodedColumn(column.values, column.codes);
  const numbers = new Float64Array(count).fill(NaN);
  if (column.at) {
    let row = 0;
    column.at.forEach((step, index) => {
      row += step;
      numbers[row] = column.numbers[index];
    });
  } else {
    column.numbers.forEach((value, row) => {
      if (value !== null) numbers[row] = value;
    });
  }
  return new NumberColumn(numbers);
}

function sorted(keys, isRank, descending) {
  const order = new Uint32Array(keys.length);
  const lacking = [];
  let known = 0;
  for (let row = 0; row < keys.length; row++) {
    if (isRank ? keys[row] < 0 : Number.isNaN(keys[row])) lacking.push(row);
    else order[known++] = row;
  }
  const sign = descending ? -1 : 1;
  order.subarray(0, known).sort((a, b) => sign * (keys[a] - keys[b]) || a - b);
  order.set(lacking, known);
  return order;
}

/** The place of each text among all, by code points as Python compares them. */
function ranksOf(texts) {
  const distinct = [...new Set(texts)].sort(byCodePoints);
  const ranks = new Map(distinct.map((text, rank) => [text, rank]));
  return Float64Array.from(texts, (text) => ranks.get(text));
}

const SURROGATE = /[\ud800-\udfff]/;

function byCodePoints(a, b) {
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  const left = Array.from(a, (letter) => letter.codePointAt(0));
  const right = Array.from(b, (letter) => letter.codePointAt(0));
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i] - right[i];
  }
  return left.length - right.length;
}
