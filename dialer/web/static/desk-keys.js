/** Keys of one letter: every one has its button, none works while something is being written (WCAG 2.1.4). */

import { by, isWriting, make } from "./desk-dom.js";

const NAMES = { "?": "キーの一覧" };

/** @param {{isOn: () => boolean}} setting */
export function listenForKeys(setting) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (isWriting() || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (!setting.isOn() && key !== "escape") return;
    const button = buttonOf(key);
    if (!button) return;
    event.preventDefault();
    button.click();
  });
}

/** @param {string} key @returns {HTMLButtonElement | null} the button of a key, when it can be pressed now */
function buttonOf(key) {
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
  return /** @type {any} */ (found.find((one) => one instanceof HTMLButtonElement && !one.disabled && one.offsetParent)) ?? null;
}

/** Shows the key on each button that has one. @param {ParentNode} within */
export function markKeys(within) {
  for (const button of within.querySelectorAll("button[data-key]")) {
    const key = button.getAttribute("data-key") ?? "";
    button.setAttribute("aria-keyshortcuts", key === "?" ? "Shift+/" : key.toUpperCase());
    if (!button.querySelector("kbd")) button.append(make("kbd", { text: key.toUpperCase(), "aria-hidden": "true" }));
  }
}

/** @returns {Node[]} every key that the page has now, with what it does */
export function keyList() {
  const pairs = [...document.querySelectorAll("button[data-key]")].map((button) => {
    const key = button.getAttribute("data-key") ?? "";
    const words = button.cloneNode(true);
    /** @type {Element} */ (words).querySelectorAll("kbd").forEach((one) => one.remove());
    return [key, NAMES[/** @type {"?"} */ (key)] ?? words.textContent?.trim() ?? ""];
  });
  pairs.push(["esc", "開いている入力欄・一覧を閉じる"]);
  const seen = new Map(pairs.filter(([, words]) => words).map(([key, words]) => [key, words]));
  return [...seen].map(([key, words]) =>
    make("div", {}, make("dt", {}, make("kbd", { text: key.toUpperCase() })), make("dd", { text: words })),
  );
}

/** @param {boolean} isOn */
export function tellKeys(isOn) {
  by("desk").dataset.keys = isOn ? "on" : "off";
}
