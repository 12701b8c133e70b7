// The facets: for each field of few values, which of them may pass, and how many rows each gives.

const FEW = 7; // values that are shown before one asks for all

// Values that explain themselves less well than their words.
const WORDS = {
  measured: MEASURED,
  license: { unknown: "not stated for the weights" }, // what is shown may be of their repository
};

class Facets {
  constructor(table, onChange) {
    this.table = table;
    this.onChange = onChange;
    this.groups = new Map();
    const place = document.querySelector("#facets");
    for (const name of FACETS) {
      const column = table.columns.get(name);
      if (column && column.values.length > 1) place.append(this.group(name, column));
    }
  }

  group(name, column) {
    const group = element("fieldset");
    group.append(element("legend", "", headingOf(name)));
    const list = element("ul");
    const boxes = column.values.map((value, code) => {
      const item = element("li");
      const label = element("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.addEventListener("change", () => this.onChange(name, value, box.checked));
      const count = element("span", "count");
      const text = WORDS[name]?.[value] ?? value;
      const shown = element("span", "clip", text);
      shown.title = text;
      label.append(box, shown, count);
      item.append(label);
      return { code, value, item, box, count };
    });
    const total = new Uint32Array(column.values.length);
    for (const code of column.codes) if (code >= 0) total[code]++;
    boxes.sort((a, b) => total[b.code] - total[a.code]);
    list.append(...boxes.map((box) => box.item));
    group.append(list);
    if (boxes.length > FEW) {
      const more = element("button", "more", `All ${boxes.length}`);
      more.type = "button";
      more.setAttribute("aria-expanded", "false");
      more.addEventListener("click", () => {
        const open = list.classList.toggle("all");
        more.setAttribute("aria-expanded", String(open));
        more.textContent = open ? "Fewer" : `All ${boxes.length}`;
      });
      group.append(more);
    }
    this.groups.set(name, boxes);
    return group;
  }

  show(state, counts) {
    for (const [name, boxes] of this.groups) {
      const [chosen, found] = [state.facets.get(name), counts.get(name)];
      boxes.forEach(({ code, value, item, box, count }, place) => {
        box.checked = chosen.has(value);
        const number = found[code];
        count.textContent = number.toLocaleString("en");
        item.classList.toggle("none", number === 0 && !box.checked);
        item.classList.toggle("rest", place >= FEW && !box.checked);
      });
    }
  }
}
