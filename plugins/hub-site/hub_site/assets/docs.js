// The search over the documentation: sections that have all words, those that have them in a heading first.
"use strict";

(() => {
  const LIMIT = 40;
  const AROUND = 90; // characters that are shown before and after the first word found
  const root = document.currentScript.dataset.root;
  const box = document.querySelector("#docs-words");
  const found = document.querySelector("#docs-found");
  const page = document.querySelector("#docs-page");
  const count = document.querySelector("#docs-count");
  let records = null;
  let loading = null;

  /** Loads the sections once, when somebody is about to search. A script, since files may load no data. */
  function load() {
    loading ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = `${root}assets/docs-search-data.js`;
      script.addEventListener("load", () => {
        records = hubDocs.map(([address, title, heading, text]) => ({
          address, title, heading, text,
          head: `${title} ${heading}`.toLowerCase(),
          body: text.toLowerCase(),
        }));
        done();
      });
      script.addEventListener("error", failed);
      document.head.append(script);
    });
    return loading;
  }

  /** How well a section fits; 0 if it lacks a word. */
  function score(record, words) {
    let sum = 0;
    for (const word of words) {
      const inHead = record.head.includes(word);
      if (!inHead && !record.body.includes(word)) return 0;
      const starts = inHead && record.head.split(/[\s.]+/).some((part) => part.startsWith(word));
      sum += starts ? 9 : inHead ? 6 : 1;
    }
    const name = (record.heading || record.title).toLowerCase();
    if (name === words.join(" ")) sum += 20;
    // Of equals: a page that is called so before its sections, and a section before a page of many.
    const isCalledSo = words.every((word) => name.includes(word));
    return sum + (isCalledSo === !record.heading ? 0.5 : 0);
  }

  /** A text with the words marked, as nodes. */
  function marked(text, words) {
    const low = text.toLowerCase();
    const parts = [];
    let at = 0;
    while (at < text.length) {
      const next = words.map((word) => [low.indexOf(word, at), word]).filter(([place]) => place >= 0).sort((a, b) => a[0] - b[0])[0];
      if (!next) break;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(next[0], next[0] + next[1].length);
      parts.push(text.slice(at, next[0]), mark);
      at = next[0] + next[1].length;
    }
    return [...parts, text.slice(at)];
  }

  function excerpt(record, words) {
    const places = words.map((word) => record.body.indexOf(word)).filter((place) => place >= 0);
    const first = places.length ? Math.min(...places) : 0;
    const start = Math.max(0, record.text.lastIndexOf(" ", Math.max(0, first - AROUND)) + 1);
    const limit = first + AROUND * 2;
    const end = limit < record.text.length ? record.text.lastIndexOf(" ", limit) : limit;
    return `${start ? "… " : ""}${record.text.slice(start, end)}${end < record.text.length ? " …" : ""}`;
  }

  function show() {
    const words = [...new Set(box.value.toLowerCase().split(/\s+/).filter(Boolean))];
    found.hidden = words.length === 0;
    page.hidden = words.length > 0;
    document.body.classList.toggle("docs-searching", words.length > 0);
    found.replaceChildren();
    count.textContent = "";
    if (!words.length) return;
    const fitting = records.map((record) => [score(record, words), record]).filter(([points]) => points);
    fitting.sort((a, b) => b[0] - a[0]);
    count.textContent = fitting.length ? `${fitting.length} ${fitting.length === 1 ? "section has" : "sections have"} this` : "No section has all of these words.";
    const title = document.createElement("h1");
    title.textContent = fitting.length > LIMIT ? `The first ${LIMIT} of ${fitting.length}` : "Found";
    const list = document.createElement("ol");
    for (const [, record] of fitting.slice(0, LIMIT)) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = root + record.address;
      link.append(...marked(record.heading || record.title, words));
      // A section of this very page: show the page again, the browser goes to the section.
      link.addEventListener("click", clear);
      const where = document.createElement("span");
      where.className = "soft";
      where.textContent = record.heading ? ` ${record.title}` : "";
      const text = document.createElement("p");
      text.append(...marked(excerpt(record, words), words));
      item.append(link, where, text);
      list.append(item);
    }
    found.append(title, list);
  }

  function clear() {
    box.value = "";
    show();
  }

  async function search() {
    if (!records && !box.value.trim()) return;
    try {
      await load();
      show();
    } catch {
      count.textContent = "The search cannot be loaded.";
    }
  }

  box.addEventListener("focus", () => load().catch(() => {}));
  box.addEventListener("input", search);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") clear();
    if (event.key === "ArrowDown" || event.key === "Enter") {
      const first = found.querySelector("a");
      if (first) {
        event.preventDefault();
        event.key === "Enter" ? first.click() : first.focus();
      }
    }
  });
  found.addEventListener("keydown", (event) => {
    const links = [...found.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && at < links.length - 1) (event.preventDefault(), links[at + 1].focus());
    if (event.key === "ArrowUp") (event.preventDefault(), (links[at - 1] ?? box).focus());
    if (event.key === "Escape") (clear(), box.focus());
  });
  addEventListener("keydown", (event) => {
    const typing = /^(?:input|textarea|select)$/i.test(document.activeElement?.tagName ?? "");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
    }
  });
})();
