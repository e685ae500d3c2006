/** The server: pushed snapshots, and what the page asks of it. Nothing is kept here but the newest snapshot's version. */

import { Refused, get, headers, send } from "./api.js";

export { Refused };

const RETRY_MS = [300, 1000, 2000, 4000, 5000];
const SILENT_MS = 12_000; // the server says something every 5 s
const AWAY = "サーバーに接続できません。内容は画面に残っています。少し待ってからもう一度行ってください。";

/**
 * Refused with status 0 when the server cannot be reached. A locked session asks for the password and then goes on.
 * @param {"GET" | "POST" | "PUT"} method @param {string} path @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function ask(method, path, body) {
  try {
    return await (method === "GET" ? get(path) : send(path, body, { method }));
  } catch (wrong) {
    throw wrong instanceof Refused ? wrong : new Refused(0, { message: AWAY });
  }
}

/** Sent even while the page is going away; nobody hears the answer. @param {string} path @param {unknown} body */
export function leaveBehind(path, body) {
  const said = { "Content-Type": "application/json", Accept: "application/json", ...headers() };
  fetch(path, { method: "PUT", headers: said, body: JSON.stringify(body), keepalive: true }).catch(() => {});
}

/**
 * Follows the desk for ever: by itself back after a cut, and at once after a sleep.
 * @param {{snapshot: (snapshot: any) => void, line: (line: any) => void, health: (isUp: boolean) => void}} tell
 */
export function follow(tell) {
  /** @type {EventSource | null} */
  let source = null;
  let heardAt = 0;
  let tries = 0;
  let newest = 0;
  let timer = 0;

  const open = () => {
    clearTimeout(timer);
    source?.close();
    heardAt = Date.now();
    newest = 0; // another server may count from elsewhere; within one stream snapshots come in order
    const mine = (source = new EventSource("/desk/events"));
    const heard = () => {
      heardAt = Date.now();
      tries = 0;
      tell.health(true);
    };
    mine.addEventListener("beat", heard);
    mine.addEventListener("desk", (event) => {
      heard();
      const snapshot = JSON.parse(event.data);
      if (snapshot.version <= newest) return;
      newest = snapshot.version;
      tell.snapshot(snapshot);
    });
    mine.addEventListener("line", (event) => {
      heard();
      tell.line(JSON.parse(event.data));
    });
    mine.addEventListener("locked", async () => {
      mine.close();
      try {
        await ask("GET", "/desk/snapshot"); // learns why, and asks for the password
        open();
      } catch {
        again();
      }
    });
    mine.addEventListener("error", () => {
      if (mine === source) again();
    });
  };

  const again = () => {
    source?.close();
    tell.health(false);
    const wait = RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)];
    timer = window.setTimeout(async () => {
      try {
        await ask("GET", "/desk/snapshot"); // asks for the password when the session is locked or over
        open();
      } catch {
        again();
      }
    }, wait);
  };

  const look = () => {
    if (Date.now() - heardAt > SILENT_MS) open();
  };
  window.setInterval(look, 2000);
  window.addEventListener("online", open);
  window.addEventListener("pageshow", look);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
  });
  open();
}
