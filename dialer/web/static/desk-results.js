/** The city's results in fixed places, and what of the form goes with the chosen one. */

import { make, show } from "./desk-dom.js";
import { present } from "./desk-script.js";

/** @param {any} shown @param {string | null} chosen @param {(key: string) => void} choose */
export function showResults(shown, chosen, choose) {
  const results = shown?.call ? shown.form.results : [];
  show("results", [results, chosen], () => {
    const placed = [..."123456789"].map((key) => results.find((/** @type {any} */ one) => one.key_press === key) ?? null);
    const others = results.filter((/** @type {any} */ one) => !one.key_press);
    if (!results.length) return [make("p", { class: "desk-hint", text: "通話が始まると、結果のボタンを表示します。" })];
    return [...placed, ...others].map((one) => one
      ? make("button", { type: "button", id: `result-${one.key}`, "data-key": one.key_press, "aria-pressed": String(one.key === chosen),
          onclick: () => choose(one.key) },
          one.key_press ? make("kbd", { text: one.key_press, "aria-hidden": "true" }) : "", make("span", { text: one.name }))
      : make("span"));
  });
}

/**
 * Only what the chosen result asks for: what was typed for another one before stays in the draft.
 * @param {any} shown @param {any} result @param {import("./desk-work.js").Content} content
 */
export function entered(shown, result, content) {
  const asks = (/** @type {string} */ need) => result.needs.includes(need) || result.may.includes(need);
  const fields = {
    promise: ["promise_day", "promise_yen", "promise_way"], appointment: ["appointment_at"], new_number: ["new_number"],
    department: ["department"], relation: ["relation"],
  };
  const told = Object.entries(fields).filter(([need]) => asks(need)).flatMap(([, names]) => names.map((name) => [name, content[name]]));
  const { script } = shown;
  return {
    result: result.key, talker: result.talkers.length > 1 ? content.talker : result.talkers[0]?.key ?? null,
    identity_confirmed: content.identity_confirmed, identity_how: content.identity_how, ...Object.fromEntries(told), note: content.note,
    script_key: script.key, script_version: script.version ?? null,
    steps: script.key ? (content.steps.length ? content.steps : [present(script, []).key]) : [],
    why: shown.records.length ? content.why : null,
  };
}
