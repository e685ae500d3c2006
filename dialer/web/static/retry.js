/* The page could not be served: ask for it again until it can, then show it. */

const THERE = document.getElementById("again").href;
const SECONDS = [2, 2, 3, 5, 5, 10];

async function back() {
    try {
        const answer = await fetch(THERE, { headers: { Accept: "text/html" }, redirect: "manual" });
        return answer.status !== 503;
    } catch {
        return false; // the server itself is away
    }
}

async function again(tries) {
    if (await back()) {
        location.replace(THERE);
        return;
    }
    setTimeout(again, SECONDS[Math.min(tries, SECONDS.length - 1)] * 1000, tries + 1);
}

setTimeout(again, SECONDS[0] * 1000, 0);
