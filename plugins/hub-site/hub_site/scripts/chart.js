// The chart: a metric against what it costs, for the rows that are shown, with the Pareto front:
// those than which none is both better and cheaper. Drawn on a canvas; the front is also a table.

const PLACE = { left: 52, right: 18, top: 14, bottom: 40 };
const MANY = 5000; // points, of which each is drawn as a dot
const COLORS = 8; // of the style sheet: --series-1 ...
const COSTS = ["params", "gmacs", "size", "ms"];
const COST_NAMES = { params: "parameters", gmacs: "GMACs for one input", size: "size of the file", ms: "measured milliseconds for one input (machines differ)" };

class Chart {
  constructor(table, handlers) {
    this.table = table;
    this.handlers = handlers;
    this.canvas = document.querySelector("#chart canvas");
    this.tip = document.querySelector("#chart .tip");
    this.said = document.querySelector("#chart .said");
    this.legend = document.querySelector("#plot .legend");
    this.front = document.querySelector("#front tbody");
    this.empty = document.querySelector("#chart .empty");
    this.points = [];
    this.current = -1;
    this.canvas.addEventListener("pointermove", (event) => this.point(this.nearest(event), event));
    this.canvas.addEventListener("pointerleave", () => this.point(-1));
    this.canvas.addEventListener("click", (event) => {
      const found = this.nearest(event);
      if (found >= 0) this.handlers.open(this.points[found].row);
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("blur", () => this.point(-1));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  /** The numbers that can be plotted: metrics, with how many of the rows have each. */
  metrics(rows) {
    const found = [];
    for (const [name, field] of this.table.fields) {
      if (field.kind !== "number" || COSTS.includes(name) || name === "weights") continue;
      const { numbers } = this.table.columns.get(name);
      let count = 0;
      for (const row of rows) if (!Number.isNaN(numbers[row])) count++;
      found.push({ name, count });
    }
    return found.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  }

  show(rows, { x, y, log }) {
    const { table } = this;
    this.x = table.columns.get(x)?.kind === "number" ? x : "params";
    this.y = y;
    this.log = log;
    const [costs, values] = [this.x, y].map((name) => table.columns.get(name)?.numbers);
    this.points = [];
    if (costs && values) {
      const isShown = new Uint8Array(table.count);
      for (const row of rows) isShown[row] = 1;
      for (const row of table.order(this.x, false)) {
        const [cost, value] = [costs[row], values[row]];
        if (!isShown[row] || Number.isNaN(cost) || Number.isNaN(value) || (log && cost <= 0)) continue;
        this.points.push({ row, cost, value, series: 0, left: 0, top: 0 });
      }
    }
    const better = table.fields.get(y)?.better === "lower" ? -1 : 1;
    this.pareto = [];
    for (const point of this.points) {
      const best = this.pareto.at(-1);
      if (best && better * (point.value - best.value) <= 0) continue;
      if (best?.cost === point.cost) this.pareto.pop();
      this.pareto.push(point);
    }
    this.current = -1;
    this.color();
    this.tabulate();
    this.empty.hidden = this.points.length > 0;
    this.canvas.setAttribute(
      "aria-label",
      `${y} against ${COST_NAMES[this.x]}: ${this.points.length} weights, ${this.pareto.length} on the Pareto front. ` +
        "Arrow keys go from point to point, Enter opens its page.",
    );
    this.draw();
  }

  /** One colour for each task, or for each package where there is only one task. */
  color() {
    const { points, table } = this;
    const tasks = countsOf(points, table.columns.get("task"));
    const by = table.columns.get(tasks.filter((count) => count > 0).length > 1 ? "task" : "plugin");
    const counts = countsOf(points, by);
    const codes = [...counts.keys()].filter((code) => counts[code] > 0).sort((a, b) => counts[b] - counts[a]);
    const series = new Map(codes.map((code, place) => [code, Math.min(place, COLORS - 1)]));
    for (const point of points) point.series = series.get(by.codes[point.row]) ?? COLORS - 1;
    const names = codes.slice(0, COLORS).map((code) => by.values[code]);
    if (codes.length > COLORS) names[COLORS - 1] = "others";
    const items = names.length > 1 ? names : [];
    this.legend.replaceChildren(...items.map((name, place) => element("li", `series-${place + 1}`, name)));
  }

  tabulate() {
    this.front.replaceChildren(
      ...this.pareto.slice(0, 200).map(({ row, cost, value }) => {
        const line = element("tr");
        const name = element("th");
        name.scope = "row";
        name.append(pageLink(this.table, row));
        line.append(name, element("td", "number", numberText(this.x, cost)), element("td", "number", figure(value)));
        return line;
      }),
    );
    document.querySelector("#front .x").textContent = COST_NAMES[this.x];
    document.querySelector("#front .y").textContent = this.y;
  }

  draw() {
    const { canvas, points } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !points) return;
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (!points.length) return;
    const style = getComputedStyle(canvas);
    const colors = { text: "--text-soft", line: "--line", front: "--accent", ground: "--ground" };
    for (const key of Object.keys(colors)) colors[key] = style.getPropertyValue(colors[key]);
    const series = Array.from({ length: COLORS }, (_, i) => style.getPropertyValue(`--series-${i + 1}`));
    pen.font = `12px ${style.fontFamily}`;

    this.scaleX = this.log
      ? logScale(points[0].cost, points.at(-1).cost, PLACE.left, width - PLACE.right)
      : linearScale(0, points.at(-1).cost, PLACE.left, width - PLACE.right);
    let [low, high] = [Infinity, -Infinity];
    for (const { value } of points) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const room = (high - low) * 0.06 || Math.abs(high) * 0.02 || 1;
    this.scaleY = linearScale(low - room, high + room, height - PLACE.bottom, PLACE.top);
    this.axes(pen, width, height, colors);

    for (const point of points) {
      point.left = this.scaleX.to(point.cost);
      point.top = this.scaleY.to(point.value);
    }
    pen.globalAlpha = points.length > 400 ? 0.45 : 0.8;
    series.forEach((color, number) => {
      pen.fillStyle = color;
      for (const point of points) {
        if (point.series !== number) continue;
        if (points.length > MANY) pen.fillRect(point.left - 1, point.top - 1, 2, 2);
        else disc(pen, point, 4);
      }
    });
    pen.globalAlpha = 1;
    this.drawFront(pen, colors, series, width);
    if (this.current >= 0) {
      const { left, top } = points[this.current];
      pen.strokeStyle = style.getPropertyValue("--text");
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(left, top, 7.5, 0, 7);
      pen.stroke();
    }
  }

  axes(pen, width, height, colors) {
    pen.strokeStyle = colors.line;
    pen.fillStyle = colors.text;
    pen.lineWidth = 1;
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (const tick of this.scaleX.ticks(Math.max(Math.floor(width / 110), 3))) {
      const at = Math.round(this.scaleX.to(tick)) + 0.5;
      segment(pen, at, PLACE.top, at, height - PLACE.bottom);
      pen.fillText(tick === 0 ? "0" : numberText(this.x, tick), at, height - PLACE.bottom + 6);
    }
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const tick of this.scaleY.ticks(6)) {
      const at = Math.round(this.scaleY.to(tick)) + 0.5;
      segment(pen, PLACE.left, at, width - PLACE.right, at);
      pen.fillText(figure(tick), PLACE.left - 8, at);
    }
    pen.textAlign = "center";
    pen.textBaseline = "bottom";
    pen.fillText(COST_NAMES[this.x], (PLACE.left + width - PLACE.right) / 2, height - 2);
  }

  drawFront(pen, colors, series, width) {
    pen.strokeStyle = colors.front;
    pen.lineWidth = 1.75;
    pen.setLineDash([5, 4]);
    pen.beginPath();
    this.pareto.forEach(({ left, top }, place) => {
      if (place > 0) pen.lineTo(left, this.pareto[place - 1].top);
      pen.lineTo(left, top);
    });
    pen.stroke();
    pen.setLineDash([]);
    const taken = [];
    for (const point of this.pareto) {
      pen.fillStyle = series[point.series];
      pen.strokeStyle = colors.ground;
      pen.lineWidth = 2;
      disc(pen, point, 5.5);
      pen.stroke();
    }
    pen.fillStyle = colors.text;
    pen.textBaseline = "bottom";
    // The best first: labels that would cover others are left out.
    for (const { left, top, row } of [...this.pareto].reverse()) {
      const label = (this.table.get("model", row) ?? "").split("/").at(-1);
      const half = pen.measureText(label).width / 2;
      const middle = Math.min(Math.max(left, PLACE.left + half + 2), width - PLACE.right - half);
      const box = [middle - half - 4, top - 24, middle + half + 4, top - 7];
      if (box[1] < 0 || taken.some((other) => overlaps(box, other))) continue;
      taken.push(box);
      pen.textAlign = "center";
      pen.lineWidth = 3;
      pen.strokeStyle = colors.ground;
      pen.strokeText(label, middle, top - 8);
      pen.fillText(label, middle, top - 8);
    }
  }

  nearest({ offsetX, offsetY }) {
    let [best, least] = [-1, 18 * 18];
    this.points.forEach(({ left, top }, place) => {
      const away = (left - offsetX) ** 2 + (top - offsetY) ** 2;
      if (away < least) [best, least] = [place, away];
    });
    return best;
  }

  point(place, event) {
    if (place === this.current) return;
    this.current = place;
    this.canvas.classList.toggle("over", place >= 0);
    this.tip.hidden = place < 0;
    if (place >= 0) {
      const { row, cost, value, left, top } = this.points[place];
      const onFront = this.pareto.includes(this.points[place]);
      const facts = `${this.y} ${figure(value)} · ${numberText(this.x, cost)}${this.x === "size" ? "" : ` ${HEADINGS[this.x] ?? this.x}`}`;
      this.tip.replaceChildren(
        element("strong", "", this.table.get("name", row)),
        element("span", "", facts),
        ...(onFront ? [element("span", "pareto", "on the Pareto front")] : []),
      );
      this.tip.style.left = `${Math.min(Math.max(left, 90), this.canvas.clientWidth - 90)}px`;
      this.tip.style.top = `${top}px`;
      this.tip.classList.toggle("below", top < 90);
      if (!event) this.said.textContent = `${this.table.get("name", row)}: ${facts}${onFront ? ", on the Pareto front" : ""}`;
    }
    this.draw();
  }

  key(event) {
    const last = this.points.length - 1;
    if (last < 0) return;
    const to = {
      ArrowRight: Math.min(this.current + 1, last),
      ArrowLeft: this.current < 0 ? last : Math.max(this.current - 1, 0),
      Home: 0,
      End: last,
      ArrowUp: this.alongFront(1),
      ArrowDown: this.alongFront(-1),
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.point(to);
    } else if (event.key === "Enter" && this.current >= 0) this.handlers.open(this.points[this.current].row);
    else if (event.key === "Escape") this.point(-1);
  }

  alongFront(step) {
    const here = this.points[this.current];
    const place = here ? this.pareto.indexOf(here) + step : step > 0 ? 0 : this.pareto.length - 1;
    const next = this.pareto[Math.min(Math.max(place, 0), this.pareto.length - 1)];
    return this.points.indexOf(next);
  }
}

/** How many points have each value of a column, by its code. */
function countsOf(points, column) {
  const counts = new Array(column.values.length).fill(0);
  for (const { row } of points) if (column.codes[row] >= 0) counts[column.codes[row]]++;
  return counts;
}

function disc(pen, { left, top }, size) {
  pen.beginPath();
  pen.arc(left, top, size, 0, 7);
  pen.fill();
}

function segment(pen, x1, y1, x2, y2) {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

function overlaps(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

function linearScale(low, high, from, to) {
  const span = high - low || 1;
  return {
    to: (value) => from + ((value - low) / span) * (to - from),
    ticks: (count) => {
      const rough = span / count;
      const power = 10 ** Math.floor(Math.log10(rough));
      const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
      const found = [];
      for (let tick = Math.ceil(low / step); tick * step <= high; tick++) found.push(Number((tick * step).toPrecision(12)));
      return found;
    },
  };
}

function logScale(low, high, from, to) {
  const [start, end] = [Math.log10(low) - 0.08, Math.log10(high) + 0.08];
  return {
    to: (value) => from + ((Math.log10(value) - start) / (end - start)) * (to - from),
    ticks: (count) => {
      const factors = end - start > count / 2 ? [1] : end - start > 1.2 ? [1, 3] : [1, 2, 5];
      const found = [];
      for (let power = Math.floor(start); power <= end; power++) {
        for (const factor of factors) {
          const tick = Number((factor * 10 ** power).toPrecision(12));
          if (Math.log10(tick) >= start && Math.log10(tick) <= end) found.push(tick);
        }
      }
      return found;
    },
  };
}
