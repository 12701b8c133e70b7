// Up to five weights side by side; of each number the best is marked.

class Compare {
  constructor(table, handlers) {
    this.table = table;
    this.handlers = handlers;
    this.tray = document.querySelector("#tray");
    this.dialog = document.querySelector("#compare");
    this.tray.querySelector(".open").addEventListener("click", () => handlers.view(true));
    this.tray.querySelector(".clear").addEventListener("click", () => handlers.clear());
    this.dialog.querySelector(".close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => handlers.view(false));
  }

  /** The row of each name; -1 for one that is not in the table. */
  rowsOf(names) {
    this.places ??= new Map(this.table.columns.get("name").texts.map((name, row) => [name, row]));
    return names.map((name) => this.places.get(name) ?? -1);
  }

  show(state) {
    const rows = this.rowsOf(state.compare).filter((row) => row >= 0);
    this.tray.hidden = rows.length === 0;
    this.tray.querySelector(".open").textContent = `Compare ${rows.length}`;
    this.tray.querySelector(".names").textContent = rows.map((row) => this.table.get("name", row)).join(", ");
    if (state.comparing && rows.length) {
      this.fill(rows);
      if (!this.dialog.open) this.dialog.showModal();
    } else if (this.dialog.open) this.dialog.close();
  }

  fill(rows) {
    const { table } = this;
    const metrics = [...table.fields.values()]
      .filter(({ name, kind }) => kind === "number" && !(name in HEADINGS))
      .map(({ name }) => name);
    const names = ["model", "task", ...metrics, "params", "gmacs", "size", "ms", "license", "digest", "measured", "date", "plugin"];
    const head = element("tr");
    head.append(element("td"), ...rows.map((row) => {
      const heading = element("th");
      heading.scope = "col";
      heading.append(pageLink(table, row));
      return heading;
    }));
    const lines = names
      .filter((name) => table.columns.has(name) && rows.some((row) => table.get(name, row) !== null))
      .map((name) => {
        const line = element("tr");
        const heading = element("th", "", headingOf(name));
        heading.scope = "row";
        const best = this.best(name, rows);
        line.append(heading, ...rows.map((row) => {
          const shown = name === "license" ? (table.get("license_shown", row) ?? "") : textOf(table, name, row);
          const cell = element("td", isNumber(table, name) ? "number" : "", shown || "–");
          if (best !== null && table.get(name, row) === best) {
            cell.classList.add("best");
            cell.append(element("span", "hidden", " (best)"));
          }
          return cell;
        }));
        return line;
      });
    this.dialog.querySelector("thead").replaceChildren(head);
    this.dialog.querySelector("tbody").replaceChildren(...lines);
  }

  best(name, rows) {
    const field = this.table.fields.get(name);
    if (!field?.better || field.kind !== "number") return null;
    const values = rows.map((row) => this.table.get(name, row)).filter((value) => value !== null);
    if (new Set(values).size < 2) return null;
    return field.better === "higher" ? Math.max(...values) : Math.min(...values);
  }
}
