/** Handing a talk over: to a department of the city, or to a colleague's seat; and what a colleague hands over to us. */

import { by, make, say, show } from "./desk-dom.js";

/** @typedef {{key: string, name: string, hours: string | null, closed: string | null}} Department */
/** @typedef {{phone: string, name: string, supervises: boolean, takes: boolean, why_not: string | null}} Colleague */
/**
 * @typedef {{
 *   operator: any, departments: Department[], colleagues: Colleague[] | null, consulted: string | null, note: string, longest: number,
 * }} Known
 * @typedef {{order: (kind: string, detail?: object) => void, begin: (to: string, how: string) => void, note: (text: string) => void}} Acts
 */

/** @param {Known} known @param {Acts} acts */
export function transferDrawer(known, acts) {
  return known.operator?.consulting ? consulting(known, acts) : choosing(known, acts);
}

/** @param {Known} known @param {Acts} acts */
function consulting({ operator, departments, consulted }, acts) {
  const name = departments.find((one) => one.key === operator.consulting)?.name ?? (consulted ? `${consulted}さん` : operator.consulting);
  return [
    make("b", { text: `${name}と通話中です。対象者は保留音を聞いています。` }),
    make("button", { type: "button", class: "desk-primary", text: "つなぐ", onclick: () => acts.order("complete_transfer") }),
    make("button", { type: "button", text: "転送をやめる", onclick: () => acts.order("cancel_transfer") }),
  ];
}

/** @param {Known} known @param {Acts} acts */
function choosing({ departments, colleagues, note, longest }, acts) {
  const able = [...departments.filter((one) => !one.closed), ...(colleagues ?? []).filter((one) => !one.why_not)];
  if (!departments.length && colleagues && !colleagues.length) {
    return [make("span", { text: "転送できる相手がいません。この科目には転送先の担当課の設定もありません。" })];
  }
  const choices = make("select", { id: "transfer-to", "aria-label": "転送先", disabled: !able.length, onchange: () => showNote() },
    departments.length ? make("optgroup", { label: "担当課" }, ...departments.map(departmentOption)) : null,
    colleagues?.length ? make("optgroup", { label: "センター内" }, ...colleagues.map(colleagueOption)) : null);
  const offered = [...choices.querySelectorAll("option:not([disabled])")].map((one) => one.value);
  const chosen = by("transfer-to")?.value; // before the list came anew
  choices.value = offered.includes(chosen) ? chosen : offered[0] ?? "";
  const isColleague = () => Boolean(colleagues?.some((one) => one.phone === choices.value));
  const area = make("textarea", { id: "transfer-note", rows: 2, maxlength: longest, "aria-describedby": "transfer-note-hint",
    oninput: (/** @type {any} */ event) => acts.note(event.target.value) });
  area.value = note;
  const written = make("div", { class: "desk-transfer-note", hidden: !isColleague() },
    make("label", { for: "transfer-note", text: "引継ぎメモ" }), area,
    make("span", { id: "transfer-note-hint", class: "desk-hint", text: "つないだ先の画面に、この通話の案件と一緒に表示します。" }));
  const showNote = () => (written.hidden = !isColleague());
  const to = (/** @type {string} */ how) => () => acts.begin(choices.value, how);
  return [
    choices,
    make("button", { type: "button", class: "desk-primary", text: "先に話してからつなぐ", disabled: !able.length, onclick: to("attended") }),
    make("button", { type: "button", text: "すぐにつなぐ", disabled: !able.length, onclick: to("blind") }),
    written,
    ...departments.filter((one) => one.closed).map((one) => make("span", { class: "desk-closed", text: `${one.closed}。` })),
  ];
}

/** @param {Department} one */
function departmentOption(one) {
  if (one.closed) return make("option", { value: one.key, disabled: true, text: `${one.name}（受付時間外・${one.hours}）` });
  return make("option", { value: one.key, text: one.hours ? `${one.name}（${one.hours}）` : one.name });
}

/** @param {Colleague} one */
function colleagueOption(one) {
  const what = [one.phone, one.supervises ? "管理者" : "", one.takes ? "" : "担当外の科目", one.why_not ?? ""].filter(Boolean).join("・");
  return make("option", { value: one.phone, disabled: Boolean(one.why_not), text: `${one.name}（${what}）` });
}

let told = "";

/** Whose talk it was before. @param {any} snapshot */
export function showPassed(snapshot) {
  const { passed, operator } = snapshot;
  const isHere = passed && ["reserved", "talking", "wrap_up"].includes(operator?.state);
  by("passed").hidden = !isHere;
  const words = !isHere ? "" : operator.state === "reserved" ? `${passed.name}さんが通話を引き継ごうとしています。` : `${passed.name}さんから引き継いだ通話です。`;
  show("passed", isHere && [words, passed.note, passed.identified], () => !isHere ? [] : [
    make("p", { text: words }),
    passed.identified ? make("p", { text: "本人確認は前の担当者が済ませています。金額を表示するには、あらためて確認してください。" }) : null,
    passed.note ? make("p", { class: "desk-passed-note", text: `引継ぎメモ：${passed.note}` }) : null,
  ]);
  if (words && words !== told) say(words);
  told = words;
}
