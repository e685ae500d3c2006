/** What to say now, and where the talk goes from there; the steps gone through are recorded with the result. */

import { make, show } from "./desk-dom.js";
import { markKeys } from "./desk-keys.js";

/**
 * @param {any} view
 * @param {import("./desk-work.js").Content} content
 * @param {{go: (branch: any) => void, back: () => void}} acts
 */
export function showScript(view, content, acts) {
  const { script } = view;
  show("script", ["call", script, content.steps, view.call?.attempt ?? null, view.amounts], () => {
    if (!script.key) return [make("h2", { id: "script-title", tabindex: -1, text: "応対の手順" }), make("p", { class: "desk-gate", text: script.why })];
    const step = present(script, content.steps);
    const parts = [
      content.steps.length > 1 ? make("ol", { class: "desk-steps", "aria-label": "通った手順" }, ...trail(script, content.steps)) : null,
      make("h2", { id: "script-title", tabindex: -1, text: step.heading }),
      step.locked
        ? make("p", { class: "desk-gate", text: "本人確認が済むと表示します。" })
        : make("p", { class: "desk-say", text: step.text }),
      step.note ? make("p", { class: "desk-quiet", text: `（${step.note}）` }) : null,
      step.completes ? make("p", {}, make("b", { text: "✓ ここまででスクリプト完了です。" })) : null,
      make("div", { class: "desk-branches" }, ...step.branches.map((/** @type {any} */ branch, /** @type {number} */ place) =>
        make("button", { type: "button", text: branch.label, "data-key": "jluiog"[place] ?? null, onclick: () => acts.go(branch) })),
        content.steps.length > 1 ? make("button", { type: "button", text: "ひとつ前へ", "data-key": "b", onclick: acts.back }) : null),
      make("p", { class: "desk-quiet", text: `${script.name} 第${script.version}版${script.draft ? "（承認前・試験用）" : ""}` }),
    ];
    parts.forEach((part) => part instanceof HTMLElement && markKeys(part));
    return parts;
  });
}

/** @param {any} script @param {string[]} steps */
export const present = (script, steps) =>
  script.steps.find((/** @type {any} */ one) => one.key === (steps[steps.length - 1] ?? script.first)) ?? script.steps[0];

/** @param {any} script @param {string[]} steps */
function trail(script, steps) {
  const shown = (steps.length ? steps : [script.first]).slice(-5);
  return shown.map((key, place) => {
    const heading = script.steps.find((/** @type {any} */ one) => one.key === key)?.heading ?? key;
    return make("li", { text: heading, "aria-current": place === shown.length - 1 ? "step" : null });
  });
}
