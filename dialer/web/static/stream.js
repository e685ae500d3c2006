/** What the server pushes: followed for ever, by itself back after a cut, and at once after a sleep. */

import { Refused, get } from "./api.js";

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
      await look(again);
    });
    mine.addEventListener("error", () => {
      if (mine === source) again();
    });
  };

  const again = () => {
    source?.close();
    health(false);
    const wait = RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)];
    timer = window.setTimeout(() => look(again), wait);
  };

  /** Whoever has no right to it any more is told so by the page itself. @param {() => void} failed */
  const look = async (failed) => {
    try {
      await get(state);
      open();
    } catch (refused) {
      if (refused instanceof Refused && refused.status === 403) window.location.reload();
      else failed();
    }
  };

  const wake = () => {
    if (Date.now() - heardAt > SILENT_MS) open();
  };
  window.setInterval(wake, 2000);
  window.addEventListener("online", open);
  window.addEventListener("pageshow", wake);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) wake();
  });
  open();
}
