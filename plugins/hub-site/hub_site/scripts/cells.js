// What stands in the cells: the columns, their headings, and numbers as people read them.

const HEADINGS = {
  __proto__: null, // a metric may be called "constructor"
  name: "Weights",
  model: "Model",
  task: "Task",
  metric: "Metric",
  params: "Params",
  gmacs: "GMACs",
  size: "Size",
  ms: "ms",
  license: "Licence",
  digest: "Digest",
  measured: "Measured",
  date: "Paper",
  plugin: "Package",
};
const WIDTHS = {
  __proto__: null,
  name: 15.5, model: 12, task: 10.5, metric: 8, params: 5.6, gmacs: 5.2, size: 5.6, ms: 5.2, license: 9, digest: 5.6,
  measured: 7, date: 5.4, plugin: 10.6,
};
const MEASURED = { "not measured": "published" };
const TITLES = {
  "not measured": "published by its authors; no installed package has a record of measuring it",
  reproduced: "measured on all of the data set: equal",
  agrees: "measured on a random part: its interval has the published figure in it",
  differs: "measured: it differs from the published figure",
  undecided: "measured on so few or on such inputs that nothing follows",
  unpublished: "measured; nothing is published for these data",
};
const LICENSES = { stated: "stated", repository: "repository", "not stated": "not stated" };

const USUAL_WIDTH = 6; // of a metric's column, in rem
const NARROW = 30; // a table of less, as on a phone, has room for a name and a figure
const NARROW_WIDTHS = { __proto__: null, name: 11.9, metric: 4.9 };

/** The width of a column in rem, in a table that is so wide. */
function widthOf(name, room) {
  if (name === "") return 2.4;
  return (room < NARROW && NARROW_WIDTHS[name]) || WIDTHS[name] || USUAL_WIDTH;
}

function headingOf(name) {
  return HEADINGS[name] ?? name;
}

function isNumber(table, name) {
  return name === "metric" || table.columns.get(name)?.kind === "number";
}

/** A number with three or four significant digits, such as 25.6M. */
function shortNumber(value) {
  for (const [unit, size] of [["B", 1e9], ["M", 1e6], ["K", 1e3]]) {
    if (value >= size) return `${trimmed(value / size)}${unit}`;
  }
  return trimmed(value);
}

function trimmed(value) {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, "");
}

function bytes(value) {
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (value >= size) return `${trimmed(value / size)} ${unit}`;
  }
  return `${value} B`;
}

function figure(value) {
  return Number.isInteger(value) ? String(value) : value.toFixed(3).replace(/0+$/, "").replace(/\.$/, "");
}

/** The usual metric of a row, or null: `{name, value}`. */
function headline(table, row) {
  for (const name of table.headlines) {
    const value = table.get(name, row);
    if (value !== null) return { name, value };
  }
  return null;
}

/** The text of a number in a field's unit. Large ones are rounded: CSV files have them in full. */
function numberText(name, value) {
  if (name === "params") return shortNumber(value);
  if (name === "gmacs" && value >= 10) return trimmed(value);
  if (name === "size") return bytes(value);
  return figure(value);
}

/** The plain text of a cell, for CSV files, comparisons and titles. */
function textOf(table, name, row) {
  if (name === "metric") {
    const found = headline(table, row);
    return found ? `${found.name} ${figure(found.value)}` : "";
  }
  const value = table.get(name, row);
  if (value === null) return "";
  if (typeof value === "number") return numberText(name, value);
  return name === "measured" ? (MEASURED[value] ?? value) : value;
}

/** Puts a cell's content into an element. Text only ever becomes text. */
function fillCell(cell, table, name, row) {
  if (name === "name") {
    cell.append(pageLink(table, row));
  } else if (name === "metric") {
    const found = headline(table, row);
    if (found) cell.append(element("span", "unit", found.name), " ", element("span", "figure", figure(found.value)));
  } else if (name === "license") {
    const state = table.get("evidence", row);
    cell.append(element("span", "clip", table.get("license_shown", row) ?? "not stated"));
    if (state && state !== "not stated") {
      const mark = element("span", `mark ${state === "stated" ? "good" : "soft"}`, LICENSES[state] ?? state);
      mark.title = state === "stated"
        ? "a document states this licence of the weights"
        : "the licence of the repository that publishes the weights, which does not mention them";
      cell.append(mark);
    }
  } else if (name === "measured" || name === "digest") {
    const value = table.get(name, row);
    if (value === null) return;
    const good = value === "reproduced" || value === "full" || value === "agrees";
    const mark = element("span", `mark ${good ? "good" : value === "differs" ? "bad" : "soft"}`, textOf(table, name, row));
    if (name === "measured") mark.title = TITLES[value] ?? "";
    cell.append(mark);
  } else {
    const text = textOf(table, name, row);
    cell.append(text);
    if (!isNumber(table, name)) cell.title = text;
  }
}

function addressOf(table, row) {
  const name = table.get("name", row);
  const bare = name.slice(name.lastIndexOf("/") + 1);
  return table.pages[row] ?? `weights/${table.get("plugin", row)}/${bare}.html`;
}

function pageLink(table, row) {
  const name = table.get("name", row);
  const middle = name.lastIndexOf(".");
  const link = element("a", "entry-link");
  link.append(element("span", "enum", name.slice(0, middle)), element("span", "member", name.slice(middle)));
  link.href = addressOf(table, row);
  link.title = name;
  return link;
}

function element(tag, classes = "", text = "") {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  if (text) made.textContent = text;
  return made;
}
