// The state of the view: what is searched, filtered, sorted, shown and compared. It stands in the
// address behind the '#', so that a link gives the same view, also where the page is a file.

const FACETS = ["task", "plugin", "license", "digest", "measured"];
const MOST_COMPARED = 5;

/** The state of a page that nobody has touched. `usualSort` is the order that the build chose. */
function emptyState(usualSort) {
  return {
    search: "",
    where: "",
    facets: new Map(FACETS.map((name) => [name, new Set()])),
    sort: usualSort,
    columns: null, // the page's own choice
    chart: true,
    x: "params",
    y: "", // the metric that most of the rows have
    log: true,
    compare: [],
    comparing: false,
  };
}

function stateFrom(hash, usualSort) {
  const state = emptyState(usualSort);
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  for (const key of ["search", "where", "sort", "x", "y"]) state[key] = given.get(key) ?? state[key];
  if (state.sort === "none") state.sort = "";
  for (const name of FACETS) state.facets.set(name, new Set(given.getAll(name)));
  if (given.has("columns")) state.columns = given.get("columns").split(",").filter(Boolean);
  state.chart = given.get("chart") !== "off";
  state.log = given.get("log") !== "off";
  state.compare = given.getAll("compare").slice(0, MOST_COMPARED);
  state.comparing = given.get("view") === "compare" && state.compare.length > 0;
  return state;
}

function hashOf(state, usualSort) {
  const given = new URLSearchParams();
  const usual = emptyState(usualSort);
  for (const key of ["search", "where", "sort", "x", "y"]) {
    if (state[key] !== usual[key]) given.set(key, state[key] || "none");
  }
  for (const [name, values] of state.facets) for (const value of values) given.append(name, value);
  if (state.columns) given.set("columns", state.columns.join(","));
  if (!state.chart) given.set("chart", "off");
  if (!state.log) given.set("log", "off");
  for (const name of state.compare) given.append("compare", name);
  if (state.comparing) given.set("view", "compare");
  return given.toString();
}

/** The filters of a state as texts of the query language, of which all hold; facets left out by name. */
function filtersOf(state) {
  const filters = [];
  for (const [name, values] of state.facets) {
    if (values.size) filters.push(`${name} in (${[...values].map(quoted).join(", ")})`);
  }
  for (const word of state.search.split(/\s+/).filter(Boolean)) {
    filters.push(`(name = ${pattern(word)} or model = ${pattern(word)})`);
  }
  if (state.where.trim()) filters.push(state.where.trim());
  return filters;
}

/** The command that lists what a state shows. */
function commandOf(state) {
  const filters = filtersOf(state);
  // Its "or" and comma bind less than the "and" that joins it to others.
  if (filters.length > 1 && state.where.trim()) filters.push(`(${filters.pop()})`);
  let command = "hub list --weights";
  if (filters.length) command += ` --where ${shellQuoted(filters.join(" and "))}`;
  if (state.sort) command += ` --sort ${shellQuoted(state.sort)}`;
  return command;
}

function quoted(text) {
  const isWord = /^[^\s(),<>=!&|"']+$/u.test(text) && !KEYWORDS.has(text.toLowerCase());
  if (isWord) return text;
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}

/** A word as a pattern of names, which consist of letters, digits and a few signs. */
function pattern(word) {
  const literal = word.replace(/[^\w.+\-/]/g, "?");
  return `*${literal}*`;
}

function shellQuoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
