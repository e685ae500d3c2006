/** Arrears by debt and term, how the case stands, what happened before. Amounts only after the identity step. */

import { judgement } from "./desk-decision.js";
import { day, dayAndTime, make, money, shortDay, show } from "./desk-dom.js";

/** @param {any} view @param {boolean} isUnknown somebody has called @param {(() => void) | null} decide for who may end a case where the tender leaves it to a person */
export function showMoney(view, isUnknown, decide) {
  show("money", view ? [view.debts, view.total_yen, view.standing, view.history, view.records, view.amounts, view.script?.why, Boolean(decide)] : isUnknown, () => {
    if (!view) return [make("h2", { text: "納付の状況" }),
      make("p", { class: "desk-quiet", text: isUnknown ? "案件を選ぶと表示します。" : "通話が始まると表示します。" })];
    return [
      view.standing.choices.length ? judgement(view.standing.choices, decide) : null,
      make("h2", { text: "未納額" }),
      ...(view.amounts ? arrears(view) : [make("p", { class: "desk-gate", id: "gate", text: "本人確認が済むと、未納額・納付約束・備考を表示します。" })]),
      standing(view.standing),
      view.records.length ? entered(view.records, view.call?.attempt) : null,
      make("h2", { text: "これまでの経過" }),
      history(view.history),
    ];
  });
}

/** @param {any} view */
function arrears(view) {
  return [
    make("p", { class: "desk-total" }, "合計", make("b", { id: "total", text: money(view.total_yen) })),
    ...view.debts.filter((/** @type {any} */ one) => one.is_owed || one.is_this).map(debtTable),
    ...view.debts.filter((/** @type {any} */ one) => one.imported?.length).map(imported),
  ];
}

/** @param {any} debt */
function debtTable(debt) {
  const where = [debt.department, debt.state === "open" ? null : debt.state_name, debt.in_this_call ? null : "この通話の対象外"];
  return make("table", { class: "desk-items" },
    make("caption", {}, debt.name, make("span", { class: "desk-quiet", text: `　${where.filter(Boolean).join("・")}` })),
    debt.items?.length ? make("thead", {}, make("tr", {}, ...["年度・期別", "納期限"].map((text) => make("th", { scope: "col", text })),
      make("th", { scope: "col", class: "desk-number", text: "金額" }))) : null,
    make("tbody", {}, ...(debt.items ?? []).map((/** @type {any} */ item) =>
      make("tr", {},
        make("td", { text: [item.name, item.year, item.term].filter(Boolean).join(" ") || "－" }),
        make("td", { text: item.due_on ? shortYear(item.due_on) : "－" }),
        make("td", { class: "desk-number", text: item.yen === null ? "－" : money(item.yen) })))),
    make("tfoot", {}, make("tr", {}, make("td", { colspan: 2, text: "計" }), make("td", { class: "desk-number", text: money(debt.yen) }))),
  );
}

/** The list's own columns, as they came (O-001). @param {any} debt */
function imported(debt) {
  const pairs = debt.imported.flat();
  return make("details", {}, make("summary", { text: `${debt.name}の取込項目（${pairs.length}項目）` }),
    make("dl", { class: "desk-facts" }, ...pairs.flatMap((/** @type {any} */ one) =>
      [make("dt", { text: one.key }), make("dd", { text: one.name || "－" })])));
}

/** @param {string} iso */
const shortYear = (iso) => `${iso.slice(0, 4)}/${shortDay(iso)}`;

/** @param {any} now */
function standing(now) {
  const rows = [
    ["状態", now.reason ? `${now.state_name}（${now.reason}）` : now.state_name],
    now.promise_until ? ["約束の期日", day(now.promise_until)] : null,
    now.next_call ? ["次の架電", now.next_call] : null,
  ].filter((row) => row !== null);
  return make("dl", { class: "desk-facts" }, ...rows.flatMap(([name, value]) => [make("dt", { text: name }), make("dd", { text: value })]));
}

/** @param {any[]} records the last one counts @param {string | undefined} attempt */
function entered(records, attempt) {
  const last = records[records.length - 1];
  return make("div", { class: "desk-gate" },
    make("h3", { text: records.length > 1 ? `登録済みの結果（${records.length - 1}回訂正）` : "登録済みの結果" }),
    make("p", {}, make("b", { text: last.name }), `　${dayAndTime(last.at)} ${last.by}`),
    last.note ? make("p", { text: last.note }) : null,
    attempt ? make("a", { class: "desk-slip", href: `/desk/talks/${encodeURIComponent(attempt)}/slip`, target: "_blank", rel: "noopener",
      text: "引継連絡票（別の画面で開きます）" }) : null,
  );
}

/** @param {any[]} lines */
function history(lines) {
  if (!lines.length) return make("p", { class: "desk-quiet", text: "まだありません。" });
  return make("ul", { class: "desk-history" }, ...lines.map((line) =>
    make("li", {},
      make("time", { datetime: line.at, text: dayAndTime(line.at) }), ` ${line.what}`,
      line.promise_yen ? make("b", { text: `　${money(line.promise_yen)}` }) : null,
      line.note ? make("p", { class: "desk-quiet", text: line.note }) : null,
      line.by ? make("span", { class: "desk-quiet", text: `（${line.by}）` }) : null)));
}
