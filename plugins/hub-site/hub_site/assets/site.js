// On every page: the choice of light or dark, and buttons that copy.
"use strict";

(() => {
  const root = document.documentElement;
  const kept = (() => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // a browser that keeps nothing
    }
  })();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  root.classList.add("scripted");

  addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("#theme");
    const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    const label = () => button.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      label();
      try {
        localStorage.setItem("theme", root.dataset.theme);
      } catch {
        // only this page is changed
      }
    });
    label();
    for (const block of document.querySelectorAll("pre[data-copy]")) {
      const copy = document.createElement("button");
      copy.type = "button";
      copy.className = "copy";
      copy.textContent = "Copy";
      copy.setAttribute("aria-label", `Copy ${block.dataset.copy}`);
      copy.addEventListener("click", () => copyText(block.querySelector("code").textContent, copy));
      block.parentElement.append(copy);
    }
  });
})();

/** Copies a text and says so on the button for a moment. */
async function copyText(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy";
  }
  setTimeout(() => (button.textContent = before), 1500);
}
