/** Building blocks of the page that looks back: cells, links to the calls behind a figure, words for numbers. */

/** @param {string} id @returns {any} */
export const by = (id) => document.getElementById(id);

/** @param {number | null | undefined} share */
export const percent = (share) => (share === null || share === undefined ? "－" : `${(100 * share).toFixed(1)}%`);

/** @param {number} count */
export const grouped = (count) => count.toLocaleString("ja-JP");

/** @param {number | null | undefined} seconds minutes and seconds, with hours when there are any */
export function lasted(seconds) {
  if (seconds === null || seconds === undefined) return "－";
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** @param {string} name @param {Record<string, string>} [attributes] @param {...(Node | string)} content */
export function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

/** @param {Node | string} content */
export const cell = (content) => element("td", { class: "number" }, content);

/**
 * A number that opens its calls; nothing is opened by nought.
 * @param {number} count @param {Record<string, string | string[]>} query @param {string} label what is counted, for who hears the link alone
 * @param {string} [text]
 */
export function opens(count, query, label, text = grouped(count)) {
  if (!count) return text;
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) for (const one of [value].flat()) asked.append(name, one);
  return element("a", { href: `/floor/day/calls?${asked}`, "aria-label": `${label} ${text}：通話の一覧` }, text);
}

/** Put in place of what is there; whoever stands on one of its links stays there. @param {Element} place @param {...Node} content */
export function fill(place, ...content) {
  const here = document.activeElement;
  const at = here instanceof HTMLAnchorElement && place.contains(here) ? here.getAttribute("href") : null;
  place.replaceChildren(...content);
  if (at === null) return;
  for (const link of place.querySelectorAll("a")) if (link.getAttribute("href") === at) return link.focus();
}
