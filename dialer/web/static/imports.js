/* Hands a file in: streamed by the browser, its name beside it. Nothing is taken over yet. */

import { get, headers } from "./api.js";

const form = document.getElementById("upload");
const wrong = document.getElementById("wrong");
const sending = document.getElementById("sending");
const sent = document.getElementById("sent");
const button = form.querySelector("button");

const AWAY = "送信できませんでした。接続を確かめて、もう一度お試しください。受付は行っていません。";
const MEGABYTE = 1024 * 1024;

function tell(message) {
    wrong.hidden = !message;
    wrong.querySelector("p").textContent = message;
}

function busy(is) {
    sending.hidden = !is;
    button.disabled = is;
    sent.removeAttribute("value");
}

form.addEventListener("submit", async (event) => {
    event.preventDefault();
    tell("");
    const file = form.elements.file.files[0];
    if (!file) return tell("ファイルを選んでください。");
    const largest = Number(form.dataset.largest);
    if (file.size > largest) {
        const limit = Math.floor(largest / MEGABYTE).toLocaleString();
        return tell(`ファイルが大きすぎます。${limit} MB までのファイルを受け付けます。受付は行っていません。`);
    }
    busy(true);
    try {
        await get("/visit"); // asks for the password first when the session is locked
        const chosen = ["layout", "first", "last"].map((name) => [name, form.elements[name].value]);
        const { id } = await sendFile(file, new URLSearchParams(chosen.filter(([, value]) => value)));
        location.assign(`/imports/${id}`);
    } catch (failed) {
        busy(false);
        tell(failed.message);
        form.elements.file.focus();
    }
});

function sendFile(file, chosen) {
    return new Promise((done, failed) => {
        const request = new XMLHttpRequest();
        request.open("POST", `/imports?${chosen}`);
        request.setRequestHeader("Accept", "application/json");
        request.setRequestHeader("Content-Type", "application/octet-stream");
        request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
        for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
        request.upload.addEventListener("progress", ({ loaded, total }) => {
            sent.value = total ? (100 * loaded) / total : 100;
        });
        request.addEventListener("error", () => failed(new Error(AWAY)));
        request.addEventListener("load", () => {
            const told = answerOf(request);
            if (request.status === 200 && told.id) done(told);
            else failed(new Error(told.message ?? AWAY));
        });
        request.send(file);
    });
}

function answerOf(request) {
    try {
        return JSON.parse(request.responseText);
    } catch {
        return {};
    }
}
