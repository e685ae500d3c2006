/** Who is on the line: name, what identifies them, their numbers, the identity step; warnings before the first word. */

import { born, by, dayAndTime, make, show, telephone } from "./desk-dom.js";
import { markKeys } from "./desk-keys.js";

/** @param {any} view */
export function showWarnings(view) {
  const warnings = view?.warnings ?? [];
  by("warnings").hidden = warnings.length === 0;
  show("warnings", warnings, () =>
    warnings.map((/** @type {any} */ one) =>
      make("p", {}, one.name, one.note ? make("small", { text: `　${one.note}` }) : null,
        one.holds_calls ? make("small", { text: "（架電停止）" }) : null),
    ),
  );
}

/**
 * @param {any} view
 * @param {import("./desk-work.js").Content} content
 * @param {{identify: (confirmed: boolean) => void, set: (name: string, value: any) => void, dial: ((number: number) => void) | null, canIdentify: boolean, isUnknown: boolean}} acts
 */
export function showPerson(view, content, acts) {
  const shown = [view?.person, view?.numbers, view?.debts, view?.call?.attempt, view?.amounts, view?.form?.identity,
    content.identity_confirmed, acts.canIdentify, Boolean(acts.dial)];
  show("person", view ? shown : acts.isUnknown, () => {
    if (!view) return [make("h2", { text: "対象者" }),
      make("p", { class: "desk-quiet", text: acts.isUnknown ? "案件を選ぶと表示します。" : "通話が始まると表示します。" })];
    const person = view.person;
    return [
      make("div", {}, make("p", { class: "desk-kana", text: person.kana }), make("h2", { class: "desk-name", text: person.name })),
      view.call ? identity(view, content, acts) : null,
      make("dl", { class: "desk-facts" }, ...facts(view)),
      make("h3", { text: "電話番号" }),
      make("ul", { class: "desk-numbers" }, ...view.numbers.map((/** @type {any} */ one) => numberLine(one, acts.dial))),
    ];
  });
  markKeys(by("person"));
}

/** @param {any} view */
function facts(view) {
  const { person } = view;
  const pairs = [
    ...person.identifying.map((/** @type {any} */ one) => [one.key, /^\d{4}-\d{2}-\d{2}$/.test(one.name) ? born(one.name) : one.name]),
    ["宛名番号", person.address_key],
    person.household ? ["世帯番号", `${person.household}${person.others_in_household ? `（ほかに${person.others_in_household}人）` : ""}`] : null,
    ["使用言語", person.language_name],
  ].filter(Boolean);
  return pairs.flatMap(([name, value]) => [make("dt", { text: name }), make("dd", { text: value })]);
}

/** @param {any} one @param {((number: number) => void) | null} dial */
function numberLine(one, dial) {
  const last = one.last_result ? `${one.last_at ? `${dayAndTime(one.last_at)} ` : ""}${one.last_result}` : "架電なし";
  const details = [one.type_name, one.state_name, last, one.best_time, one.source_name].filter(Boolean).join("・");
  return make("li", { "data-now": one.is_called ? "yes" : "no" },
    make("b", { text: telephone(one.number) }),
    one.is_called ? make("span", { text: "（通話中の番号）", class: "desk-quiet" }) : null,
    dial && one.state !== "dead" ? make("button", { type: "button", text: "発信", onclick: () => dial(one.id) }) : null,
    make("small", { text: details }),
  );
}

/**
 * @param {any} view @param {import("./desk-work.js").Content} content
 * @param {{identify: (confirmed: boolean) => void, set: (name: string, value: any) => void, canIdentify: boolean}} acts
 */
function identity(view, content, acts) {
  const done = view.amounts;
  const words = done ? "✓ 本人確認済み" : content.identity_confirmed === false ? "✕ 確認できず" : "本人確認";
  return make("div", { class: "desk-identity", "data-done": done ? "yes" : "no", role: "group", "aria-labelledby": "identity-title" },
    make("h3", { id: "identity-title", text: words }),
    make("div", { class: "desk-row" },
      make("label", { for: "identity-how", text: "確認の方法" }),
      make("select", { id: "identity-how", disabled: !acts.canIdentify, "aria-describedby": "identity-error",
        onchange: (/** @type {any} */ event) => acts.set("identity_how", event.target.value || null) },
        make("option", { value: "", text: "選んでください" }),
        ...view.form.identity.map((/** @type {any} */ one) =>
          make("option", { value: one.key, text: one.name, selected: one.key === content.identity_how }))),
    ),
    make("p", { id: "identity-error", class: "desk-error" }),
    make("div", { class: "desk-row" },
      make("button", { type: "button", id: "identity-yes", "data-key": "y", "aria-pressed": String(Boolean(done)),
        disabled: !acts.canIdentify || done, onclick: () => acts.identify(true), text: "確認できた" }),
      make("button", { type: "button", id: "identity-no", "data-key": "n", "aria-pressed": String(content.identity_confirmed === false),
        disabled: !acts.canIdentify, onclick: () => acts.identify(false), text: "できない" }),
    ),
  );
}

