/*
 * How a page talks to its server: `send(path, body)` posts JSON with the token and gives the answer's JSON.
 *
 * When the session is locked or has ended, a dialog over the page asks for the password and the question is asked
 * again: nothing that was typed is lost. Everybody who asks meanwhile waits for the same dialog.
 */

export class Refused extends Error {
    constructor(status, answer) {
        super(answer.message ?? `HTTP ${status}`);
        this.status = status;
        this.answer = answer;
    }
}

const said = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
let token = said("token");
const login = said("login");

/** For what is not sent by `send`. */
export const headers = () => ({ "X-Yobikake-Token": token });

export async function send(path, body = {}, { method = "POST", signal } = {}) {
    for (;;) {
        const answer = await ask(path, body, method, signal);
        if (answer.status === 401) {
            const told = await json(answer);
            if (told.reason === "replaced") window.dispatchEvent(new Event("replaced"));
            await signedInAgain(told);
            continue;
        }
        if (!answer.ok) throw new Refused(answer.status, await json(answer));
        return json(answer);
    }
}

export async function get(path, { signal } = {}) {
    return send(path, undefined, { method: "GET", signal });
}

function ask(path, body, method, signal) {
    const sends = method !== "GET";
    return fetch(path, {
        method,
        signal,
        headers: { Accept: "application/json", ...(sends ? { "Content-Type": "application/json", ...headers() } : {}) },
        body: sends ? JSON.stringify(body) : undefined,
    });
}

async function json(answer) {
    try {
        return await answer.json();
    } catch {
        return {};
    }
}

let asking = null;

/** Resolves when the page may go on. `reason`: why the session has ended. */
function signedInAgain({ locked, reason }) {
    asking ??= dialog(Boolean(locked), reason).finally(() => {
        asking = null;
    });
    return asking;
}

const ELSEWHERE = "別の画面か端末で、同じログインIDによるサインインがあったため、この画面は止まっています。ここで続けると、そちらの画面が止まります。";

function dialog(locked, reason) {
    const box = element("dialog", { "aria-labelledby": "again-heading" });
    const form = element("form", { class: "stack", method: "dialog" });
    const input = element("input", {
        id: "again-password",
        type: "password",
        autocomplete: "current-password",
        required: "",
        maxlength: "256",
    });
    const wrong = element("p", { role: "alert" });
    const field = element("p", { class: "field" });
    field.append(element("label", { for: input.id }, "パスワード"), input);
    const heading = element("h1", { id: "again-heading" });
    const open = element("button", { class: "main" });
    const say = () => {
        heading.textContent = locked ? "画面がロックされています" : "もう一度サインインしてください";
        open.textContent = locked ? "ロックを解除" : "サインイン";
    };
    say();
    const leave = element("button", { type: "button", class: "quiet" }, "この画面を閉じてサインイン画面へ");
    form.append(
        heading,
        ...(reason === "replaced" ? [element("p", {}, ELSEWHERE)] : []),
        element("p", {}, "入力中の内容は、この画面に残っています。続けるには、パスワードを入力してください。"),
        wrong,
        field,
        open,
        leave,
    );
    box.append(form);
    box.addEventListener("cancel", (event) => event.preventDefault()); // Escape would leave the page without a session
    leave.addEventListener("click", () => location.assign("/sign-in"));
    document.body.append(box);
    box.showModal();
    input.focus();
    return new Promise((done) => {
        form.addEventListener("submit", async (event) => {
            event.preventDefault();
            wrong.textContent = "";
            wrong.className = "";
            const told = await tryPassword(locked, input.value);
            input.value = "";
            if (told === null) {
                box.close();
                box.remove();
                done();
                return;
            }
            locked = told.locked ?? locked; // it ended while it was locked: sign in anew
            say();
            wrong.className = "wrong";
            wrong.textContent = told.message;
            input.focus();
        });
    });
}

/** null when it worked, else what to tell. */
async function tryPassword(locked, password) {
    let answer;
    try {
        const path = locked ? "/unlock" : "/sign-in";
        answer = await ask(path, locked ? { password } : { login, password }, "POST");
    } catch {
        return { message: "サーバーに接続できません。もう一度お試しください。" };
    }
    const told = await json(answer);
    if (!answer.ok) return { locked: told.locked, message: told.message ?? "もう一度お試しください。" };
    token = told.token;
    return null;
}

function element(name, attributes, text = "") {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
}
