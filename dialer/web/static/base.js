/* On every page of somebody who is signed in: tells the server that a person is there, and covers itself when none is. */

import { alive, watch } from "./active.js";

for (const kind of ["keydown", "pointerdown", "input"]) {
    addEventListener(kind, alive, { passive: true, capture: true });
}
watch();
