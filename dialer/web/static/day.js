/** The page that looks back on a day: asks once, and again each minute while somebody may look at it. */

import { Refused, get } from "./api.js";
import { by } from "./day-dom.js";
import { showHours, showTargets } from "./day-period.js";
import { showStrips } from "./day-strips.js";
import { showHead, showOperators, showOutcomes, showQuarters } from "./day-tables.js";

const REFRESH_MS = 60_000;
const PERIOD_MS = 600_000;
const AWAY = "最新の数値を取得できません。自動で取得し直します。";

/** @param {() => Promise<void>} work */
async function shown(work) {
  try {
    await work();
    by("away").hidden = true;
  } catch (wrong) {
    by("away").textContent = wrong instanceof Refused && wrong.status < 500 ? wrong.message : AWAY;
    by("away").hidden = false;
  }
}

/** Of the day that was chosen; a page that shows today and is left open goes on with the next day. */
async function showDay() {
  const chosen = by("day");
  const isToday = chosen.value === chosen.max;
  const day = await get(`/floor/day/figures${isToday ? "" : `?day=${encodeURIComponent(chosen.value)}`}`);
  if (isToday) chosen.value = chosen.max = day.day;
  by("at").textContent = `${day.at} 現在`;
  by("nothing").hidden = day.quarters.length > 0;
  by("strips").hidden = day.quarters.length === 0;
  showHead(day);
  if (day.quarters.length) showStrips(day.quarters);
  showQuarters(day);
  showOperators(day);
  showOutcomes(day);
}

/** @param {string} anew */
const showAllTargets = async (anew = "") => showTargets(await get(`/floor/day/targets${anew}`));

/** The span as it was last sent: what is being typed is not asked for. */
let span = new URLSearchParams({ first: by("first").value, last: by("last").value });
const showMap = async () => showHours(await get(`/floor/day/hours?${span}`));

by("pick").addEventListener("submit", async (/** @type {Event} */ event) => {
  event.preventDefault();
  await shown(async () => {
    await showDay();
    by("status").textContent = "更新しました。";
    await showAllTargets("?anew");
  });
});

by("span").addEventListener("submit", async (/** @type {Event} */ event) => {
  event.preventDefault();
  by("span-wrong").textContent = "";
  const asked = new URLSearchParams({ first: by("first").value, last: by("last").value, anew: "" });
  try {
    showHours(await get(`/floor/day/hours?${asked}`));
    asked.delete("anew");
    span = asked;
  } catch (wrong) {
    by("span-wrong").textContent = wrong instanceof Refused ? wrong.message : AWAY;
  }
});

const look = () => document.visibilityState === "visible" && shown(showDay);
window.setInterval(look, REFRESH_MS);
document.addEventListener("visibilitychange", look);
window.setInterval(() => document.visibilityState === "visible" && shown(async () => { await showMap(); await showAllTargets(); }), PERIOD_MS);

await shown(showDay);
await shown(async () => { await showMap(); await showAllTargets(); });
