/** The server: pushed snapshots, and what the page asks of it. Nothing is kept here but the newest snapshot's version. */

import { Refused, get, headers, send } from "./api.js";
import { follow } from "./stream.js";

export { Refused };

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
 * @param {{snapshot: (snapshot: any) => void, line: (line: any) => void, health: (isUp: boolean) => void}} tell
 */
export function followDesk(tell) {
  let newest = 0;
  follow({
    events: "/desk/events",
    state: "/desk/snapshot",
    health: tell.health,
    begins: () => (newest = 0), // another server may count from elsewhere; within one stream snapshots come in order
    told: {
      desk: (snapshot) => {
        if (snapshot.version <= newest) return;
        newest = snapshot.version;
        tell.snapshot(snapshot);
      },
      line: tell.line,
    },
  });
}
