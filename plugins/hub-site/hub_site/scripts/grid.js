// The table of the page. Only the rows in sight are in the document; the rest are two empty rows as
// high as they would be. A row that stays in sight keeps its elements, so that it keeps the focus.

const MARGIN = 8; // rows above and below those in sight

class Grid {
  constructor(table, handlers) {
    this.table = table;
    this.handlers = handlers;
    this.scroller = document.querySelector("#grid");
    this.element = this.scroller.querySelector("table");
    this.groups = this.element.querySelector("colgroup");
    this.head = this.element.querySelector("thead tr");
    this.body = this.element.querySelector("tbody");
    this.above = spacer();
    this.below = spacer();
    this.body.append(this.above, this.below);
    this.shown = new Map(); // elements by row
    this.columns = [];
    this.rows = [];
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    this.measure();
    new ResizeObserver(() => {
      this.measure();
      handlers.resize();
      this.draw();
    }).observe(this.scroller);
  }

  /** Asked only when it may have changed: each time the browser has to lay out the page. */
  measure() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.width = this.scroller.clientWidth / rem;
    this.height = (parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) / 16) * rem;
  }

  setColumns(columns, sort) {
    const same = columns.join() === this.columns.join();
    if (!same) this.clear();
    this.columns = columns;
    if (!same) {
      this.groups.replaceChildren(
        ...["", ...columns].map((name) => {
          const group = document.createElement("col");
          group.style.width = `${widthOf(name, this.width)}rem`;
          return group;
        }),
      );
      this.element.style.minWidth = `${["", ...columns].reduce((sum, name) => sum + widthOf(name, this.width), 0)}rem`;
      const choose = element("th", "choose");
      choose.scope = "col";
      choose.append(element("span", "hidden", "Compare"));
      for (const line of [this.above, this.below]) line.firstChild.colSpan = columns.length + 1;
      this.head.replaceChildren(choose, ...columns.map((name) => this.heading(name)));
    }
    const [sorted, way] = [sort.slice(0, sort.lastIndexOf(":")), sort.slice(sort.lastIndexOf(":") + 1)];
    for (const heading of this.head.querySelectorAll("th[data-name]")) {
      const isSorted = heading.dataset.name === sorted;
      if (isSorted) heading.setAttribute("aria-sort", way === "desc" ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
  }

  heading(name) {
    const heading = element("th", isNumber(this.table, name) ? "number" : "");
    heading.scope = "col";
    heading.dataset.name = name;
    if (!this.table.fields.has(name)) {
      heading.append(element("span", "plain", headingOf(name)));
      return heading;
    }
    const button = element("button", "", headingOf(name));
    button.type = "button";
    button.title = `Sort by ${name}`;
    button.addEventListener("click", () => this.handlers.sort(name));
    heading.append(button);
    return heading;
  }

  setRows(rows, compared, keep) {
    this.rows = rows;
    this.compared = compared;
    this.clear();
    this.element.setAttribute("aria-rowcount", rows.length + 1);
    if (!keep) this.scroller.scrollTop = 0;
    this.draw();
  }

  clear() {
    for (const { element: line } of this.shown.values()) line.remove();
    this.shown.clear();
  }

  draw() {
    if (!this.columns.length) return;
    const { height } = this;
    const first = Math.max(Math.floor(this.scroller.scrollTop / height) - MARGIN, 0);
    const last = Math.min(
      Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / height) + MARGIN,
      this.rows.length,
    );
    let after = this.above;
    let extra = 0; // a line that has the focus stays, wherever it is scrolled to
    for (const [row, { place, element: line }] of this.shown) {
      if (place >= first && place < last) continue;
      if (line.contains(document.activeElement)) {
        if (place < first) [after, extra] = [line, 1];
      } else {
        line.remove();
        this.shown.delete(row);
      }
    }
    for (let place = first; place < last; place++) {
      const row = this.rows[place];
      let kept = this.shown.get(row);
      if (!kept) {
        kept = { place, element: this.line(row, place) };
        this.shown.set(row, kept);
      }
      if (after.nextSibling !== kept.element) after.after(kept.element);
      after = kept.element;
    }
    this.above.firstChild.style.height = `${Math.max(first - extra, 0) * height}px`;
    this.below.firstChild.style.height = `${Math.max(this.rows.length - last, 0) * height}px`;
  }

  line(row, place) {
    const line = element("tr");
    line.setAttribute("aria-rowindex", place + 2);
    const name = this.table.get("name", row);
    const choose = element("td", "choose");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = this.compared.includes(name);
    box.setAttribute("aria-label", `Compare ${name}`);
    box.addEventListener("change", () => this.handlers.compare(name, box));
    choose.append(box);
    line.append(choose);
    for (const column of this.columns) {
      const cell = element(column === "name" ? "th" : "td", isNumber(this.table, column) ? "number" : column);
      if (column === "name") cell.scope = "row";
      fillCell(cell, this.table, column, row);
      line.append(cell);
    }
    return line;
  }
}

function spacer() {
  const line = element("tr", "spacer");
  line.setAttribute("aria-hidden", "true");
  line.append(element("td"));
  return line;
}
