// From the state to the rows that are shown, and the number of rows for each choice of a facet.

class View {
  constructor(table) {
    this.table = table;
    this.rows = new Uint32Array(0);
    this.counts = new Map();
    this.fault = null; // of the filter that the user writes
    this.valid = ""; // the last one without a fault
  }

  update(state) {
    const { table } = this;
    const passes = new Uint8Array(table.count).fill(1);
    for (const word of state.search.split(/\s+/).filter(Boolean)) {
      const wanted = patternTest(pattern(word).toLowerCase());
      const [names, models] = ["name", "model"].map((name) => table.columns.get(name).test(wanted));
      for (let row = 0; row < table.count; row++) passes[row] &= names[row] === TRUE || models[row] === TRUE;
    }
    this.filter(state.where.trim(), passes);
    const fails = this.chosen(state, passes);
    const order = this.ordered(state.sort);
    const rows = new Uint32Array(table.count);
    let count = 0;
    for (let place = 0; place < table.count; place++) {
      const row = order ? order[place] : place;
      if (passes[row] && fails[row] === 0) rows[count++] = row;
    }
    this.rows = rows.subarray(0, count);
  }

  /** Applies the user's filter; one that is not understood leaves the last one that was. */
  filter(text, passes) {
    this.fault = null;
    let tree = null;
    try {
      if (text) tree = parseQuery(text, this.table);
      this.valid = text;
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      this.fault = error;
      try {
        if (this.valid) tree = parseQuery(this.valid, this.table);
      } catch {
        this.valid = "";
      }
    }
    if (!tree) return;
    const truth = truthOf(tree, this.table);
    for (let row = 0; row < passes.length; row++) passes[row] &= truth[row] === TRUE;
  }

  /** How many facets each row fails, and for each facet how many rows each of its values would give. */
  chosen(state, passes) {
    const fails = new Uint8Array(passes.length);
    const facets = [];
    for (const [name, values] of state.facets) {
      const column = this.table.columns.get(name);
      if (!column || column.kind !== "coded") continue;
      const wanted = column.values.map((value) => (values.size === 0 || values.has(value) ? 1 : 0));
      facets.push({ name, column, wanted, any: values.size === 0 });
      if (values.size === 0) continue;
      for (let row = 0; row < fails.length; row++) {
        const code = column.codes[row];
        if (code < 0 || !wanted[code]) fails[row]++;
      }
    }
    for (const { name, column, wanted, any } of facets) {
      const counts = new Uint32Array(column.values.length);
      for (let row = 0; row < fails.length; row++) {
        const code = column.codes[row];
        if (!passes[row] || code < 0 || fails[row] > 1) continue;
        if (fails[row] === 0 || (!any && !wanted[code])) counts[code]++;
      }
      this.counts.set(name, counts);
    }
    return fails;
  }

  ordered(sort) {
    const [name, way] = [sort.slice(0, sort.lastIndexOf(":")), sort.slice(sort.lastIndexOf(":") + 1)];
    if (!this.table.fields.has(name)) return null;
    return this.table.order(name, way === "desc");
  }
}
