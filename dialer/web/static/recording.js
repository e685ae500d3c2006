/* Hears a recording: the wave form is the slider, and what was heard is told to the server. */

import { alive } from "./active.js";
import { get, headers } from "./api.js";

const one = (id) => document.getElementById(id);
const player = one("player");
const sound = one("sound");
const place = one("place");
const address = `/recordings/${player.dataset.id}`;
const seconds = Number(player.dataset.seconds);
const STEP = 5;
const LEAP = 30;
const KEYS = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -LEAP, PageUp: LEAP };
const MIDDLES = [50, 150];
const TALL = 46;

sound.src = `${address}/sound?hearing=${crypto.randomUUID()}`;
sound.preservesPitch = true;

/* --- what is heard */

let from = null; // where the stretch began that is being heard

function began() {
    from = sound.currentTime;
}

/** `at`: its end; a stretch of nothing is not told. */
function ended(at = sound.currentTime) {
    if (from === null) return;
    const told = { from: String(Math.floor(from)), to: String(Math.ceil(Math.min(at, seconds))) };
    const heard = at > from;
    from = null;
    if (!heard) return;
    fetch(`${address}/heard`, {
        method: "POST",
        keepalive: true, // also when the page goes
        headers: { Accept: "application/json", "Content-Type": "application/json", ...headers() },
        body: JSON.stringify(told),
    }).catch(() => {}); // that it was played the server knows by itself
}

/* --- moving */

function go(to) {
    if (from !== null) ended(sound.currentTime);
    const moved = Math.min(Math.max(to, 0), seconds);
    sound.currentTime = moved;
    if (!sound.paused) from = moved;
    show(moved);
}

async function playOrPause() {
    if (!sound.paused) {
        sound.pause();
        return;
    }
    say("");
    try {
        await sound.play();
    } catch (failed) {
        if (failed.name !== "AbortError") await explain();
    }
}

/** A player is not told why: the wave form is refused for the same reason, in words. */
async function explain() {
    sound.pause();
    try {
        await get(`${address}/wave`);
        say("再生できません。もう一度お試しください。");
    } catch (refused) {
        say(refused.message);
    }
}

function say(text) {
    one("player-wrong").textContent = text;
    one("player-wrong").hidden = !text;
}

/* --- what is seen */

const clock = (time) => `${Math.floor(time / 60)}:${String(Math.floor(time % 60)).padStart(2, "0")}`;

function show(time) {
    const part = String(seconds ? (1000 * time) / seconds : 0);
    one("played-part").setAttribute("width", part);
    for (const end of ["x1", "x2"]) one("now").setAttribute(end, part);
    one("clock").textContent = clock(time);
    place.setAttribute("aria-valuenow", String(Math.floor(time)));
    place.setAttribute("aria-valuetext", `${Math.floor(time / 60)}分${Math.floor(time % 60)}秒`);
}

function follow() {
    if (sound.paused) return;
    show(sound.currentTime);
    requestAnimationFrame(follow);
}

async function draw() {
    try {
        const { sides } = await get(`${address}/wave`);
        const path = sides.map(outline).join("");
        for (const side of document.querySelectorAll(".recording-side")) side.setAttribute("d", path);
    } catch (refused) {
        say(refused.message);
    }
}

/** Up and down from the middle, a step for each point. */
function outline(points, side) {
    const wide = 1000 / Math.max(points.length, 1);
    const edge = (sign) =>
        points.map((loud, number) => {
            const y = MIDDLES[side] + sign * Math.max(0.5, (TALL * loud) / 255);
            return [`${(number * wide).toFixed(1)} ${y.toFixed(1)}`, `${((number + 1) * wide).toFixed(1)} ${y.toFixed(1)}`];
        });
    const below = edge(1).flat().reverse();
    return `M0 ${MIDDLES[side]}L${[...edge(-1).flat(), ...below].join("L")}Z`;
}

/* --- who does what */

one("play").addEventListener("click", playOrPause);
one("back").addEventListener("click", () => go(sound.currentTime - STEP));
one("on").addEventListener("click", () => go(sound.currentTime + STEP));
one("speed").addEventListener("change", (event) => {
    sound.defaultPlaybackRate = sound.playbackRate = Number(event.target.value);
});

place.addEventListener("keydown", (event) => {
    const to = { Home: 0, End: seconds }[event.key] ?? (event.key in KEYS ? sound.currentTime + KEYS[event.key] : null);
    if (event.key === " " || event.key === "Enter") playOrPause();
    else if (to !== null) go(to);
    else return;
    event.preventDefault();
});

const under = (event) => {
    const box = place.getBoundingClientRect();
    return (seconds * (event.clientX - box.left)) / box.width;
};
place.addEventListener("pointerdown", (event) => {
    place.setPointerCapture(event.pointerId);
    go(under(event));
});
place.addEventListener("pointermove", (event) => {
    if (place.hasPointerCapture(event.pointerId)) show(Math.min(Math.max(under(event), 0), seconds));
});
place.addEventListener("pointerup", (event) => go(under(event)));

sound.addEventListener("playing", () => {
    if (from === null) began();
    one("play").textContent = "一時停止";
    follow();
});
sound.addEventListener("pause", () => {
    ended();
    one("play").textContent = "再生";
});
sound.addEventListener("ended", () => show(seconds));
sound.addEventListener("timeupdate", () => {
    if (!sound.paused) alive();
});
sound.addEventListener("error", explain);
addEventListener("pagehide", () => ended());

draw();
