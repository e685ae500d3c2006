/** Making of the page's parts. Whatever a case contains goes in as text, never as markup. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `on…` is a listener, `text` its text; false and null leave one out
 * @param {...(Node | string | null | false)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = String(value);
    else if (name === "value") element.value = String(value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** @param {string} id @returns {any} */
export const by = (id) => document.getElementById(id);

/**
 * Renders a region only when what it shows has changed, so that nothing moves under the hand.
 * @param {string} id
 * @param {unknown} shown
 * @param {() => (Node | string | null | false)[]} parts
 */
export function show(id, shown, parts) {
  const region = by(id);
  const mark = JSON.stringify(shown);
  if (marks.get(region) === mark) return;
  marks.set(region, mark);
  const focused = region.contains(document.activeElement) ? document.activeElement?.id : null;
  region.replaceChildren(...parts().filter((part) => part !== null && part !== false));
  if (focused) by(focused)?.focus();
}

/** @type {WeakMap<Element, string>} */
const marks = new WeakMap();

/** @param {number} yen */
export const money = (yen) => `${yen.toLocaleString("ja-JP")}円`;

/** @param {string} digits 0900… is written 090-1234-5678; where an area code ends only the carrier knows */
export const telephone = (digits) =>
  /^0[5789]0\d{8}$/.test(digits) ? `${digits.slice(0, 3)}-${digits.slice(3, 7)}-${digits.slice(7)}` : digits;

const TOKYO = "Asia/Tokyo";
const DAY = new Intl.DateTimeFormat("ja-JP", { timeZone: TOKYO, year: "numeric", month: "long", day: "numeric", weekday: "short" });
const SHORT = new Intl.DateTimeFormat("ja-JP", { timeZone: TOKYO, month: "numeric", day: "numeric" });
const TIME = new Intl.DateTimeFormat("ja-JP", { timeZone: TOKYO, hour: "2-digit", minute: "2-digit", hour12: false });
const ERA = new Intl.DateTimeFormat("ja-JP-u-ca-japanese", { timeZone: TOKYO, era: "long", year: "numeric", month: "long", day: "numeric" });

/** @param {string} iso a day or a moment */
const moment = (iso) => new Date(/^\d{4}-\d{2}-\d{2}$/.test(iso) ? `${iso}T00:00:00+09:00` : iso);

/** @param {string} iso */
export const day = (iso) => DAY.format(moment(iso));
/** @param {string} iso */
export const shortDay = (iso) => SHORT.format(moment(iso));
/** @param {string} iso */
export const time = (iso) => TIME.format(moment(iso));
/** @param {string} iso */
export const dayAndTime = (iso) => `${shortDay(iso)} ${time(iso)}`;
/** @param {string} iso a day of birth: people say it by era, lists have it by the western year */
export const born = (iso) => `${ERA.format(moment(iso))}（${moment(iso).getFullYear()}年）`;

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** Told once to who does not see it. @param {string} words */
export function say(words) {
  by("status").textContent = words;
}

/** @returns {boolean} whether a key pressed now belongs to a text that is being written */
export function isWriting() {
  const at = document.activeElement;
  if (!at) return false;
  if (at instanceof HTMLInputElement) return !["radio", "checkbox", "button", "submit"].includes(at.type);
  return at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement || (at instanceof HTMLElement && at.isContentEditable);
}
