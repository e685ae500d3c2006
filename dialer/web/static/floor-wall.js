/** Links to screens on walls: made, copied once, taken back. */

import { get, send } from "./api.js";
import { by } from "./desk-dom.js";

by("wall-open").addEventListener("click", async () => {
  by("wall-form").reset();
  by("wall-made").hidden = true;
  by("wall-wrong").textContent = "";
  by("wall").showModal();
  by("wall-name").focus();
  await tried(list);
});

by("wall-close").addEventListener("click", () => by("wall").close());
by("wall").addEventListener("close", () => {
  by("wall-link").value = "";
});

by("wall-form").addEventListener("submit", async (/** @type {Event} */ event) => {
  event.preventDefault();
  await tried(async () => {
    const made = await send("/floor/wall-links", { name: by("wall-name").value });
    by("wall-name").value = "";
    by("wall-link").value = location.origin + made.path;
    by("wall-made").hidden = false;
    by("wall-link").focus();
    by("wall-link").select();
    await list();
  });
});

by("wall-copy").addEventListener("click", async () => {
  by("wall-link").select();
  await tried(() => navigator.clipboard.writeText(by("wall-link").value));
});

async function list() {
  const { links } = await get("/floor/wall-links");
  by("wall-links").replaceChildren(...links.map(row));
}

/** @param {any} link */
function row(link) {
  const item = document.createElement("li");
  const words = document.createElement("span");
  const button = document.createElement("button");
  words.textContent = `${link.name}（${link.made_at.slice(0, 10)} ${link.made_by}）`;
  button.type = "button";
  button.className = "danger";
  button.textContent = "無効にする";
  button.setAttribute("aria-label", `${link.name}のリンクを無効にする`);
  button.addEventListener("click", () =>
    tried(async () => {
      await send(`/floor/wall-links/${link.id}/revoke`);
      await list();
      by("wall-name").focus();
    }),
  );
  item.append(words, button);
  return item;
}

/** @param {() => Promise<unknown>} work */
async function tried(work) {
  by("wall-wrong").textContent = "";
  try {
    await work();
  } catch (refused) {
    by("wall-wrong").textContent = /** @type {Error} */ (refused).message;
  }
}
