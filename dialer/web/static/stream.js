/** What the server pushes: followed for ever, by itself back after a cut, and at once after a sleep. */

import { get } from "./api.js";

const RETRY_MS = [300, 1000, 2000, 4000, 5000];
const SILENT_MS = 12_000; // the server says something every 5 s

/**
 * @param {{
 *   events: string, state: string, told: Record<string, (content: any) => void>,
 *   health: (isUp: boolean) => void, begins?: () => void
 * }} what `state` is asked when the stream has ended: it asks for the password when the session is locked or over
 */
export function follow({ events, state, told, health, begins }) {
  /** @type {EventSource | null} */
  let source = null;
  let heardAt = 0;
  let tries = 0;
  let timer = 0;

  const open = () => {
    clearTimeout(timer);
    source?.close();
    heardAt = Date.now();
    begins?.();
    const mine = (source = new EventSource(events));
    const heard = () => {
      heardAt = Date.now();
      tries = 0;
      health(true);
    };
    mine.addEventListener("beat", heard);
    for (const [name, tell] of Object.entries(told)) {
      mine.addEventListener(name, (event) => {
        heard();
        tell(JSON.parse(event.data));
      });
    }
    mine.addEventListener("locked", async () => {
      mine.close();
      try {
        await get(state);
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
    health(false);
    const wait = RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)];
    timer = window.setTimeout(async () => {
      try {
        await get(state);
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
