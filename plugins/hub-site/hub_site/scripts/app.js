// The catalogue page: joins the state in the address, the rows that it means, and what shows them.

// In the order in which they are shown, and that in which they are left out where there is no room.
const USUAL = ["name", "task", "metric", "params", "gmacs", "size", "ms", "license", "digest", "measured", "date", "plugin"];
const RANKED = ["name", "metric", "params", "license", "task", "size", "measured", "plugin", "gmacs", "digest", "date", "ms"];

class Catalogue {
  constructor(data) {
    this.table = new Table(data);
    this.table.headlines = data.headlines;
    this.table.pages = data.pages;
    this.view = new View(this.table);
    this.usualSort = data.sort;
    this.state = stateFrom(location.hash, this.usualSort);
    if (matchMedia("(max-width: 62rem)").matches) document.querySelector("#side").open = false;
    if (matchMedia("(max-width: 40rem)").matches && !location.hash) this.state.chart = false;
    this.grid = new Grid(this.table, {
      sort: (name) => this.change({ sort: this.nextSort(name) }),
      compare: (name, box) => this.choose(name, box),
      resize: () => this.shown && this.columns().join() !== this.grid.columns.join() && this.show(true),
    });
    this.facets = new Facets(this.table, (name, value, chosen) => {
      const values = this.state.facets.get(name);
      if (chosen) values.add(value);
      else values.delete(value);
      this.change({});
    });
    this.chart = new Chart(this.table, { open: (row) => location.assign(addressOf(this.table, row)) });
    this.compare = new Compare(this.table, {
      view: (comparing) => this.state.comparing !== comparing && this.change({ comparing }, true),
      clear: () => this.change({ compare: [], comparing: false }),
    });
    this.controls();
    addEventListener("hashchange", () => {
      if (location.hash.replace(/^#/, "") === hashOf(this.state, this.usualSort)) return;
      this.state = stateFrom(location.hash, this.usualSort);
      this.fill();
      this.show();
    });
    this.fill();
    this.show();
  }

  controls() {
    const on = (selector, event, act) => document.querySelector(selector).addEventListener(event, act);
    this.search = document.querySelector("#search");
    this.where = document.querySelector("#where");
    on("#search", "input", () => this.change({ search: this.search.value }));
    on("#where", "input", () => this.change({ where: this.where.value }));
    on("#filters", "submit", (event) => event.preventDefault());
    on("#reset", "click", () => {
      const { columns, chart, compare } = this.state;
      this.state = { ...emptyState(this.usualSort), columns, chart, compare };
      this.fill();
      this.show();
    });
    on("#csv", "click", () => this.download());
    on("#copy", "click", (event) => copyText(document.querySelector("#command").textContent, event.currentTarget));
    on("#x", "change", ({ target }) => this.change({ x: target.value }));
    on("#y", "change", ({ target }) => this.change({ y: target.value }));
    on("#log", "change", ({ target }) => this.change({ log: target.checked }));
    on("#plot", "toggle", ({ target }) => this.state.chart !== target.open && this.change({ chart: target.open }));
    const costs = COSTS.filter((name) => this.table.columns.get(name)?.kind === "number");
    document.querySelector("#x").append(...costs.map((name) => new Option(COST_NAMES[name], name)));
    document.querySelector("#columns").append(...this.allColumns().map((name) => this.columnBox(name)));
    for (const button of document.querySelectorAll("button.example")) {
      button.addEventListener("click", () => {
        this.where.value = button.textContent;
        this.change({ where: button.textContent });
      });
    }
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input, select, textarea")) return;
      event.preventDefault();
      this.search.focus();
    });
  }

  allColumns() {
    const metrics = [...this.table.fields.values()].filter(({ name, kind }) => kind === "number" && !(name in HEADINGS));
    const names = ["name", "model", ...USUAL.slice(1), ...metrics.map(({ name }) => name)];
    return names.filter((name) => name === "metric" || this.table.columns.has(name));
  }

  columnBox(name) {
    const label = element("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.value = name;
    box.disabled = name === "name";
    box.addEventListener("change", () => {
      const chosen = new Set(this.columns());
      if (box.checked) chosen.add(name);
      else chosen.delete(name);
      this.change({ columns: this.allColumns().filter((one) => chosen.has(one)) }, true);
    });
    label.append(box, headingOf(name));
    return label;
  }

  columns() {
    const known = new Set(this.allColumns());
    const chosen = this.state.columns?.filter((name) => known.has(name) && name !== "name");
    if (chosen) return ["name", ...chosen];
    const { width } = this.grid;
    let room = width - widthOf("", width);
    const fitting = new Set();
    for (const name of RANKED.filter((one) => known.has(one))) {
      room -= widthOf(name, width);
      if (room < 0 && fitting.size > 1) break;
      fitting.add(name);
    }
    return USUAL.filter((name) => fitting.has(name));
  }

  /** The better first, then the other way round, then as listed. */
  nextSort(name) {
    const field = this.table.fields.get(name);
    const first = field.kind === "number" && field.better !== "lower" ? "desc" : "asc";
    const other = first === "asc" ? "desc" : "asc";
    if (this.state.sort === `${name}:${first}`) return `${name}:${other}`;
    return this.state.sort === `${name}:${other}` ? "" : `${name}:${first}`;
  }

  choose(name, box) {
    const { compare } = this.state;
    if (box.checked && compare.length >= MOST_COMPARED) {
      box.checked = false;
      say(`No more than ${MOST_COMPARED} weights can be compared.`);
      return;
    }
    this.change({ compare: box.checked ? [...compare, name] : compare.filter((one) => one !== name) }, true);
  }

  change(changes, keep = false) {
    Object.assign(this.state, changes);
    this.show(keep);
  }

  /** Puts the state into the controls. */
  fill() {
    this.search.value = this.state.search;
    this.where.value = this.state.where;
    document.querySelector("#x").value = this.state.x;
    document.querySelector("#log").checked = this.state.log;
    document.querySelector("#plot").open = this.state.chart;
  }

  /** Shows what the state means. */
  show(keep = false) {
    const { state, view, table } = this;
    view.update(state);
    const { rows } = view;
    this.shown = true;
    history.replaceState(null, "", `#${hashOf(state, this.usualSort)}`);
    const columns = this.columns();
    this.grid.setColumns(columns, state.sort);
    this.grid.setRows(rows, state.compare, keep);
    this.facets.show(state, view.counts);
    this.compare.show(state);
    const all = table.count.toLocaleString("en");
    const count = rows.length === table.count ? `${all} weights` : `${rows.length.toLocaleString("en")} of ${all} weights`;
    document.querySelector("#count").textContent = count;
    document.querySelector("#none").hidden = rows.length > 0;
    const command = document.querySelector("#command");
    command.textContent = view.fault ? "" : commandOf(state);
    this.explain();
    for (const box of document.querySelectorAll("#columns input")) box.checked = columns.includes(box.value);
    const active = filtersOf(state).length > 0 || state.sort !== this.usualSort;
    document.querySelector("#reset").hidden = !active;
    clearTimeout(this.later);
    this.later = setTimeout(() => this.plot(), rows.length > MANY ? 150 : 0); // the table comes first
  }

  explain() {
    const { fault } = this.view;
    const place = document.querySelector("#fault");
    this.where.setAttribute("aria-invalid", String(fault !== null));
    place.hidden = fault === null;
    place.replaceChildren();
    if (!fault) return;
    const text = this.state.where.trim();
    const code = element("code");
    code.append(text.slice(0, fault.start), element("mark", "", text.slice(fault.start, fault.end) || " "), text.slice(fault.end));
    place.append(element("span", "", fault.message), code);
  }

  plot() {
    if (!this.state.chart) return;
    const metrics = this.chart.metrics(this.view.rows);
    const chosen = metrics.find(({ name }) => name === this.state.y);
    const y = chosen?.name ?? metrics[0]?.name ?? "";
    const select = document.querySelector("#y");
    select.replaceChildren(...metrics.map(({ name, count }) => new Option(`${name} (${count.toLocaleString("en")})`, name)));
    select.value = y;
    this.chart.show(this.view.rows, { x: this.state.x, y, log: this.state.log });
  }

  download() {
    const columns = this.columns();
    const lines = [columns.map((name) => (name === "name" ? "weights" : name))];
    for (const row of this.view.rows) lines.push(columns.map((name) => this.cell(name, row)));
    const text = lines.map((cells) => cells.map(csvCell).join(",")).join("\r\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${text}\r\n`], { type: "text/csv" }));
    link.download = "weights.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  cell(name, row) {
    const value = name === "metric" ? textOf(this.table, name, row) : this.table.get(name, row);
    return value ?? "";
  }
}

/** A cell of a CSV file. A text that a spreadsheet would take for a formula gets a quote before it. */
function csvCell(value) {
  let text = String(value);
  if (typeof value !== "number" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function say(text) {
  document.querySelector("#said").textContent = text;
}

globalThis.hubCatalogue = new Catalogue(HUB_DATA);
