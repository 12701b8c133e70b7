// The grammar of filters: the same as `hub list --where`, whose module `where` describes it.

class QueryError extends Error {
  constructor(message, start = 0, end = 0) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

const DEEPEST = 50;
const OPERATORS = { "=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=" };
const MEANT = {
  "=>": ">=", "=<": "<=", "<>": "!=", "===": "=", "&&": "and", "&": "and", "||": "or", "|": "or", "!": "not",
};
const KEYWORDS = new Set(["and", "or", "not", "in"]);
// What Python counts as blank, which is not what JavaScript does.
const BLANK = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const TOKEN = new RegExp(
  `([${BLANK}]+)|([(),])|([<>=!&|]+)|("[^"]*"|'[^']*')|(["'])|([^${BLANK}(),<>=!&|"']+)`,
  "gu",
);
const KINDS = ["blank", "mark", "operator", "quoted", "open", "word"];
const NUMBER = /^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)(.*)$/is;

/** Turns a filter into a tree; throws a QueryError that knows the place. */
function parseQuery(text, table) {
  return new QueryParser(text, table).whole();
}

function tokensOf(text) {
  const tokens = [];
  for (const match of text.matchAll(TOKEN)) {
    const kind = KINDS[match.slice(1).findIndex((part) => part !== undefined)];
    const [start, end] = [match.index, match.index + match[0].length];
    if (kind === "open") throw new QueryError("This quote is not closed.", start, text.length);
    if (kind === "blank") continue;
    tokens.push({ kind, text: kind === "quoted" ? match[0].slice(1, -1) : match[0], start, end });
  }
  tokens.push({ kind: "end", text: "", start: text.length, end: text.length });
  return tokens;
}

class QueryParser {
  constructor(text, table) {
    this.table = table;
    this.depth = 0;
    this.tokens = tokensOf(text);
    this.next = 0;
  }

  whole() {
    if (this.token.kind === "end") throw new QueryError("The filter is empty.");
    const tree = this.filter();
    if (this.token.kind !== "end") throw this.unexpected("'and', 'or' or the end");
    return tree;
  }
  filter() {
    return this.joined("and", ",", () => this.any());
  }
  any() {
    return this.joined("or", "or", () => this.all());
  }
  all() {
    return this.joined("and", "and", () => this.term());
  }
  joined(key, separator, rule) {
    const parts = [rule()];
    while (this.take(separator)) parts.push(rule());
    return parts.length === 1 ? parts[0] : { [key]: parts };
  }
  term() {
    if (++this.depth > DEEPEST) throw this.error(`The filter is nested more than ${DEEPEST} levels deep.`);
    try {
      if (this.take("not")) return { not: this.term() };
      if (!this.take("(")) return this.comparison();
      const tree = this.filter();
      if (!this.take(")")) throw this.unexpected("')'");
      return tree;
    } finally {
      this.depth--;
    }
  }
  comparison() {
    const field = this.field();
    const negated = this.is("not") && this.is("in", 1);
    if (negated) this.next++;
    if (this.take("in")) {
      const tree = { field: field.name, op: "in", value: this.set(field) };
      return negated ? { not: tree } : tree;
    }
    const sign = this.token;
    if (sign.kind === "operator" && sign.text in OPERATORS) {
      this.next++;
      return this.compared(field, sign);
    }
    if (field.kind === "flag") return { field: field.name, op: "=", value: true };
    throw this.unexpected(`a comparison, such as ${field.name} ${this.example(field)}`);
  }
  compared(field, sign) {
    const op = OPERATORS[sign.text];
    if (field.kind !== "number" && op !== "=" && op !== "!=") {
      throw this.error(`'${field.name}' is no number: compare it with =, != or in.`, sign);
    }
    const token = this.token;
    if (field.kind === "text" && token.kind === "word" && /[*?[]/.test(token.text)) {
      this.next++;
      const tree = { field: field.name, op: "like", value: token.text };
      return op === "!=" ? { not: tree } : tree;
    }
    return { field: field.name, op, value: this.value(field) };
  }
  field() {
    const token = this.token;
    if ((token.kind !== "word" && token.kind !== "quoted") || isKeyword(token)) {
      throw this.unexpected("a field, such as acc@1");
    }
    const wanted = token.text.toLowerCase();
    for (const field of this.table.fields.values()) {
      if (wanted === field.name.toLowerCase() || field.aliases.includes(wanted)) {
        this.next++;
        return field;
      }
    }
    const close = nearest(wanted, [...this.table.fields.keys()]);
    const meant = close ? ` Did you mean '${close}'?` : "";
    const known = [...this.table.fields.keys()].sort().join(", ");
    throw this.error(`'${token.text}' is not a field.${meant} Fields: ${known}.`, token);
  }
  set(field) {
    if (this.take("(")) {
      const values = [this.value(field)];
      while (this.take(",")) values.push(this.value(field));
      if (!this.take(")")) throw this.unexpected("',' or ')'");
      return values;
    }
    const token = this.token;
    const name = token.text.toLowerCase();
    if (token.kind === "word" && Object.hasOwn(field.sets, name)) {
      this.next++;
      return field.sets[name];
    }
    const names = Object.keys(field.sets).sort().join(", ");
    throw this.unexpected(
      `values in parentheses after 'in', such as (a, b)${names ? ` or one of: ${names}` : ""}`,
    );
  }
  value(field) {
    const token = this.token;
    if ((token.kind !== "word" && token.kind !== "quoted") || isKeyword(token)) {
      throw this.unexpected(`a value of '${field.name}'`);
    }
    this.next++;
    if (field.kind === "number") return this.number(field, token);
    if (field.kind === "flag") {
      if (!["yes", "no", "true", "false"].includes(token.text.toLowerCase())) {
        throw this.error(`'${field.name}' is yes or no.`, token);
      }
      return ["yes", "true"].includes(token.text.toLowerCase());
    }
    const known = valuesOf(field, this.table);
    if (known.size && !known.has(token.text.toLowerCase())) {
      const close = nearest(token.text.toLowerCase(), [...known].slice(0, 5000));
      const meant = close ? ` Did you mean '${close}'?` : "";
      throw this.error(`Nothing has the ${field.name} '${token.text}'.${meant}`, token);
    }
    return token.text;
  }
  number(field, token) {
    const match = NUMBER.exec(token.text);
    if (!match) {
      throw this.error(`'${token.text}' is not a number: write ${field.name} ${this.example(field)}.`, token);
    }
    let [unit, end] = [match[2], token.end];
    const after = this.token;
    const nextKind = this.tokens[Math.min(this.next + 1, this.tokens.length - 1)].kind;
    const apart = !unit && after.kind === "word" && !isKeyword(after);
    if (apart && (Object.hasOwn(field.units, after.text.toLowerCase()) || nextKind !== "operator")) {
      [unit, end] = [after.text, after.end];
      this.next++;
    }
    let number = Number(match[1]);
    const known = Object.hasOwn(field.units, unit.toLowerCase());
    if (!known && !(number === 0 && !unit)) {
      const what = unit ? `'${unit}' is not a unit of '${field.name}'` : "A unit is missing";
      throw this.error(`${what}: write it as ${field.example}.`, { start: token.start, end });
    }
    number *= known ? field.units[unit.toLowerCase()] : 1;
    if (!Number.isFinite(number)) throw this.error("This number is too large.", { start: token.start, end });
    const [lowest, highest] = field.bounds;
    if ((lowest !== null && number < lowest) || (highest !== null && number > highest)) {
      const limits = highest === null ? `${lowest} or more` : `${lowest} to ${highest}`;
      throw this.error(`'${field.name}' is ${limits}.`, { start: token.start, end });
    }
    return number;
  }

  get token() {
    return this.tokens[this.next];
  }
  is(text, ahead = 0) {
    const token = this.tokens[Math.min(this.next + ahead, this.tokens.length - 1)];
    return (token.kind === "word" || token.kind === "mark") && token.text.toLowerCase() === text;
  }
  take(text) {
    const found = this.is(text);
    if (found) this.next++;
    return found;
  }
  example(field) {
    if (field.kind === "text") return `= ${this.table.columns.get(field.name).distinct()[0] ?? "x"}`;
    return `${field.better === "lower" ? "<" : ">"} ${field.example}`;
  }
  error(message, { start, end } = this.token) {
    return new QueryError(message, start, end);
  }
  unexpected(wanted) {
    const token = this.token;
    if (token.kind === "operator" && token.text in MEANT) {
      return this.error(`Write '${MEANT[token.text]}', not '${token.text}'.`);
    }
    const several = token.kind === "word" && wanted.startsWith("'and'");
    const hint = several ? " Texts of several words are quoted." : "";
    const found = token.kind === "end" ? "at the end" : `before '${token.text.slice(0, 40)}'`;
    return this.error(`Expected ${wanted}, ${found}.${hint}`);
  }
}

function isKeyword(token) {
  return token.kind === "word" && KEYWORDS.has(token.text.toLowerCase());
}

/** The texts in lower case that a field has in some row. */
function valuesOf(field, table) {
  field.known ??= new Set(table.columns.get(field.name).distinct().map((text) => text.toLowerCase()));
  return field.known;
}

/** The known text that needs the fewest changes, if it is close enough to have been meant. */
function nearest(wanted, known) {
  let [best, fewest] = ["", Math.max(1, Math.floor(wanted.length / 3)) + 1];
  for (const text of known) {
    if (Math.abs(text.length - wanted.length) >= fewest) continue;
    const changes = distance(wanted, text.toLowerCase());
    if (changes < fewest) [best, fewest] = [text, changes];
  }
  return best;
}

function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
