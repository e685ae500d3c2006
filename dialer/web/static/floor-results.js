/** Talks whose result is missing; one of them is given to somebody else to enter. */

import { get, send } from "./api.js";
import { by, dayAndTime } from "./desk-dom.js";
import { dialog, login, wrongOf } from "./floor-dialog.js";
import { isOurs } from "./floor-groups.js";

/** @type {any[]} */
let seated = [];

const box = dialog("result-dialog", async () => {
  const form = new FormData(by("result-form"));
  if (!form.get("call")) return "通話を選んでください。";
  return wrongOf(send("/floor/results", { call: form.get("call"), to: form.get("to"), reason: form.get("reason") }));
});

/** @param {any} one */
function choice(one) {
  const radio = document.createElement("input");
  Object.assign(radio, { type: "radio", name: "call", value: one.call });
  const label = document.createElement("label");
  const when = one.ended_at ? dayAndTime(one.ended_at) : "";
  label.append(radio, ` ${when}　${one.name}　${one.case ? `${one.debt} 案件${one.case}` : "案件のない着信"}`);
  return label;
}

/** @param {any[]} operators */
export function showEnterers(operators) {
  seated = operators.filter((one) => one.account && one.account !== login && isOurs(one));
}

async function open() {
  by("result-form").reset();
  by("result-to").replaceChildren(new Option("自分", login), ...seated.map((one) => new Option(`${one.phone} ${one.name ?? one.account}`, one.account)));
  box.open();
  const { missing } = await get("/floor/results");
  by("result-none").hidden = missing.length > 0;
  by("result-calls").replaceChildren(...missing.map(choice));
}

by("results")?.addEventListener("click", () => void open());
