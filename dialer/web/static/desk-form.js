/** What a result needs, opened in its place: only fields that the city's list asks for, problems beside their field. */

import { by, day, make } from "./desk-dom.js";
import { ask } from "./desk-link.js";

const OTHER_TIME = "other";

/** @typedef {{view: any, content: import("./desk-work.js").Content, set: (name: string, value: any) => void}} Of */

/** @param {Of} of @param {any} result @param {{save: () => void, close: () => void, canSave: boolean, hint: string}} acts */
export async function openForm(of, result, acts) {
  const form = by("form");
  const asks = (/** @type {string} */ need) => result.needs.includes(need) || result.may.includes(need);
  const days = asks("promise") || asks("appointment") ? await daysOf(of.view.call?.attempt) : null;
  if (of.content.result !== result.key) return; // another one was chosen meanwhile
  const parts = [
    make("p", { class: "desk-form-title", text: result.hint ? `${result.name}　${result.hint}` : result.name }),
    result.talkers.length > 1 ? choice(of, "talker", "応対者", result.talkers) : null,
    asks("relation") ? choice(of, "relation", "本人との続柄", of.view.form.relations) : null,
    ...(asks("promise") ? promise(of, days) : []),
    asks("appointment") ? appointment(of, days) : null,
    asks("new_number") ? typed(of, "new_number", "別の電話番号", { inputmode: "tel", autocomplete: "off", size: 14 }) : null,
    asks("department") && of.view.form.departments.length ? choice(of, "department", "引継ぎ先", of.view.form.departments) : null,
    noteField(of, of.view.form.note_longest, result.needs.includes("note")),
    of.view.records.length ? typed(of, "why", "訂正の理由（必須）", { wide: true }) : null,
    ...formEnd(acts, of.view.records.length > 0),
  ];
  form.replaceChildren(...parts.filter((part) => part !== null));
  form.onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    acts.save();
  };
  form.hidden = false;
}

/** @param {{close: () => void, canSave: boolean, hint: string}} acts @param {boolean} corrects */
export const formEnd = (acts, corrects) => [
  make("p", { class: "desk-error", id: "form-error", role: "alert" }),
  make("div", { class: "desk-form-end" },
    make("span", { class: "desk-hint", id: "form-hint", text: acts.hint }),
    make("button", { type: "button", text: "閉じる", onclick: acts.close }),
    make("button", { type: "submit", id: "save", class: "desk-primary", disabled: !acts.canSave, text: corrects ? "訂正して登録" : "登録" })),
];

/** @param {boolean} canSave @param {string} hint */
export function allowSaving(canSave, hint) {
  const save = by("save");
  if (!save) return;
  save.disabled = !canSave;
  by("form-hint").textContent = hint;
}

export function closeForm() {
  by("form").hidden = true;
  by("form").replaceChildren();
}

/** Each beside its field, the first one under the hand. @param {Record<string, string>} problems */
export function showProblems(problems) {
  for (const field of document.querySelectorAll("#form [data-field]")) {
    const words = problems[field.getAttribute("data-field") ?? ""] ?? "";
    const error = field.querySelector(".desk-error");
    if (error) error.textContent = words;
    for (const input of field.querySelectorAll("input, select, textarea")) {
      words ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
    }
  }
  const shown = new Set([...document.querySelectorAll("#form [data-field]")].map((one) => one.getAttribute("data-field")));
  by("form-error").textContent = Object.entries(problems).filter(([name]) => !shown.has(name)).map(([, words]) => words).join(" ");
  /** @type {HTMLElement | null} */ (document.querySelector("#form [aria-invalid]"))?.focus();
}

/** @param {string} name @param {string} label @param {Node} input @param {boolean} [wide] */
function field(name, label, input, wide = false) {
  return make("div", { class: wide ? "desk-field desk-field-wide" : "desk-field", "data-field": name },
    make("label", { for: `field-${name}`, text: label }), input, make("span", { class: "desk-error", id: `error-${name}` }));
}

/** @param {string} name */
const own = (name) => ({ id: `field-${name}`, "aria-describedby": `error-${name}` });

/** @param {Of} of @param {string} name @param {string} label @param {{key: string, name: string}[]} choices */
function choice(of, name, label, choices) {
  return field(name, label, make("select", { ...own(name), onchange: (/** @type {any} */ event) => of.set(name, event.target.value || null) },
    make("option", { value: "", text: "選んでください" }),
    ...choices.map((one) => make("option", { value: one.key, text: one.name, selected: of.content[name] === one.key }))));
}

/** @param {Of} of @param {string} name @param {string} label @param {Record<string, any>} how */
export function typed(of, name, label, { wide = false, ...attributes }) {
  return field(name, label, make("input", { ...own(name), type: "text", value: of.content[name] ?? "", ...attributes,
    oninput: (/** @type {any} */ event) => of.set(name, event.target.value.trim() || null) }), wide);
}

/** @param {Of} of @param {number} longest @param {boolean} isNeeded */
export function noteField(of, longest, isNeeded) {
  const area = make("textarea", { ...own("note"), rows: 2, maxlength: longest,
    oninput: (/** @type {any} */ event) => of.set("note", event.target.value),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter" && event.ctrlKey) by("form").requestSubmit();
    } });
  area.value = of.content.note;
  return field("note", isNeeded ? "備考（必須）" : "備考", area, true);
}

/** @param {Of} of @param {any} days */
function promise(of, days) {
  const yen = make("input", { ...own("promise_yen"), type: "text", inputmode: "numeric", autocomplete: "off", size: 10,
    value: of.content.promise_yen ?? "",
    oninput: (/** @type {any} */ event) => of.set("promise_yen", whole(event.target.value)) });
  return [
    field("promise_day", "納付の約束日", daySelect(of, "promise_day", days?.promise ?? [])),
    field("promise_yen", "金額（円）", yen),
    choice(of, "promise_way", "納付の方法", of.view.form.ways),
  ];
}

/** As people type amounts: full-width digits, commas, 円. @param {string} written */
function whole(written) {
  const plain = written.normalize("NFKC").replace(/[,円\s]/g, "");
  return /^\d{1,11}$/.test(plain) ? Number(plain) : null;
}

/** Closed days stand there greyed, with why. @param {Of} of @param {string} name @param {any[]} days */
function daySelect(of, name, days) {
  return make("select", { ...own(name), onchange: (/** @type {any} */ event) => of.set(name, event.target.value || null) },
    ...dayOptions(days, of.content[name]));
}

/** @param {any[]} days @param {string | null} chosen */
const dayOptions = (days, chosen) => [
  make("option", { value: "", text: "日を選んでください" }),
  ...days.map((one) => make("option", { value: one.day, disabled: Boolean(one.why), selected: one.day === chosen,
    text: one.why ? `${day(one.day)} ✕ ${one.why}` : day(one.day) })),
];

/** A day and one of its times; a time outside goes to the city, with a note. @param {Of} of @param {any} days */
function appointment(of, days) {
  const [chosenDay = "", chosenTime = ""] = (of.content.appointment_at ?? "").split("T");
  const offered = days?.appointment ?? [];
  const isOther = chosenDay !== "" && !timesOf(offered, chosenDay).includes(chosenTime.slice(0, 5));
  const times = make("select", { id: "appointment-time", "aria-label": "再架電の時刻", "aria-describedby": "error-appointment_at" });
  const free = make("input", { type: "datetime-local", id: "appointment-free", "aria-label": "架電時間外の日時", hidden: !isOther,
    value: isOther ? of.content.appointment_at.slice(0, 16) : "",
    oninput: (/** @type {any} */ event) => of.set("appointment_at", event.target.value || null) });
  const days_ = make("select", { ...own("appointment_at") }, ...dayOptions(offered, isOther ? null : chosenDay),
    make("option", { value: OTHER_TIME, text: "架電できない日時の希望", selected: isOther }));
  const offer = (/** @type {string} */ of_, /** @type {string} */ chosen) => {
    times.replaceChildren(make("option", { value: "", text: "時刻" }),
      ...timesOf(offered, of_).map((text) => make("option", { value: text, text, selected: text === chosen })));
    times.hidden = of_ === OTHER_TIME;
    free.hidden = of_ !== OTHER_TIME;
  };
  days_.addEventListener("change", () => {
    offer(days_.value, "");
    of.set("appointment_at", null);
  });
  times.addEventListener("change", () => of.set("appointment_at", times.value ? `${days_.value}T${times.value}` : null));
  offer(isOther ? OTHER_TIME : chosenDay, chosenTime.slice(0, 5));
  return field("appointment_at", "再架電の日時", make("div", { class: "desk-row" }, days_, times, free));
}

/** @param {any[]} offered @param {string} chosen @returns {string[]} */
const timesOf = (offered, chosen) => offered.find((one) => one.day === chosen)?.times ?? [];

/** @type {Map<string, Promise<any>>} */
const known = new Map();

/** @param {string | undefined} attempt */
async function daysOf(attempt) {
  if (!attempt) return null;
  if (!known.has(attempt)) {
    known.clear();
    known.set(attempt, ask("GET", `/desk/appointments?attempt=${encodeURIComponent(attempt)}`));
  }
  try {
    return await known.get(attempt);
  } catch {
    known.delete(attempt);
    return null;
  }
}
