/** Which debt kinds operators take: shown, looked through, and changed for one of them or several. */

import { send } from "./api.js";
import { by } from "./desk-dom.js";
import { dialog, wrongOf } from "./floor-dialog.js";

/** By key. @type {Record<string, string>} */
const names = JSON.parse(by("operators").dataset.groups);

/** Whether there is more than one, also where fewer are shown. */
export const hasGroups = by("operators").dataset.grouped === "yes";

/** The groups to which the own right is limited; null: all of them. @type {string[] | null} */
const acts = JSON.parse(by("operators").dataset.acts);

/** Whether something may be done to somebody; to who takes every debt kind only by who may for all. @param {any} one */
export const isOurs = (one) => acts === null || acts.includes(one.group);

const EVERY = "*"; // of every debt kind, where a key is asked for

/** @param {string | null | undefined} group */
export const groupName = (group) => (group ? names[group] ?? group : by("operators").dataset.every);

/** @type {any[]} */
let seated = [];

/** Those whom the page shows now. @param {any[]} operators */
export function ofTheGroup(operators) {
  seated = operators.filter((one) => one.account);
  const wanted = by("group-filter")?.value ?? "";
  if (!wanted) return operators;
  return operators.filter((one) => one.account && (one.group ?? EVERY) === wanted);
}

/** @param {() => void} chosen */
export function onFilter(chosen) {
  by("group-filter")?.addEventListener("change", chosen);
}

/** How each group does, where operators have groups. @param {any[]} teams */
export function showTeams(teams) {
  const list = by("teams");
  list.hidden = teams.length === 0;
  while (list.children.length > teams.length) list.lastChild.remove();
  while (list.children.length < teams.length) list.append(document.createElement("li"));
  teams.forEach((one, place) => {
    const waits = one.waiting ? `・待つ人${one.waiting}` : "";
    const words = `${one.name}：${one.operators}人（待機${one.free}・架電中${one.calls}${waits}）`;
    if (list.children[place].textContent !== words) list.children[place].textContent = words;
  });
}

const box = dialog("group-dialog", () => {
  const form = new FormData(by("group-form"));
  const group = form.get("group");
  if (group === null) return Promise.resolve("新しい担当を選んでください。");
  const accounts = form.getAll("account");
  return wrongOf(send("/floor/groups", { accounts, group: group === EVERY ? null : group, reason: form.get("reason") }));
});

/** @param {any} one */
function choice(one) {
  const check = document.createElement("input");
  Object.assign(check, { type: "checkbox", name: "account", value: one.account });
  const label = document.createElement("label");
  label.append(check, ` ${one.phone} ${one.name ?? one.account}（${groupName(one.group)}）`);
  return label;
}

by("groups")?.addEventListener("click", () => {
  by("group-form").reset();
  const inOrder = seated.filter(isOurs).sort((one, other) => one.phone.localeCompare(other.phone));
  by("group-operators").replaceChildren(...inOrder.map(choice));
  box.open();
});
