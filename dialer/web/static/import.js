/* While a file is read or taken over: how far it is; then the page as it is afterwards. */

import { follow } from "./stream.js";

const BUSY = ["reading", "applying"];
const { import: id } = document.querySelector("[data-import]").dataset;
const progress = document.getElementById("progress");

follow({
    events: `/imports/${id}/events`,
    state: `/imports/${id}/state`,
    health: () => {},
    told: {
        import: ({ state, done, of }) => {
            if (!BUSY.includes(state)) location.replace(`/imports/${id}`);
            if (of) {
                progress.max = of;
                progress.value = done;
            } else {
                progress.removeAttribute("value");
            }
        },
    },
});
