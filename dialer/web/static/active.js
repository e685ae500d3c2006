/* Signs of life. A desk calls `alive()` while somebody talks: who talks is there without touching a key. */

import { get, send } from "./api.js";

const TELL_MS = 30_000;
const LOOK_AGAIN_MS = 10_000;
let told = -Infinity; // a page that was opened has just told it by that

export function alive() {
    const now = performance.now();
    if (now - told < TELL_MS) return;
    told = now;
    send("/active").catch(() => {}); // next time; when the session is locked, the dialog asks for the password
}

/** Looks when the idle time is over. If it really is (another tab may be in use), the dialog covers the page. */
export async function watch() {
    let wait = LOOK_AGAIN_MS;
    try {
        wait = (await get("/visit")).idle_seconds_left * 1000 + 500;
    } catch {
        // the server is away: nobody can look anything up meanwhile
    }
    setTimeout(watch, Math.max(wait, 1000));
}
