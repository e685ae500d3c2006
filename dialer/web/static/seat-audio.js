/** The browser's telephone: started with the seat, tried out before the first call. Only for a seat in the browser. */

import { make, say } from "./desk-dom.js";
import { ask } from "./desk-link.js";

export class SeatAudio {
  /** @param {{element: HTMLAudioElement, tell: (state: string, reason: string) => void}} parts */
  constructor({ element, tell }) {
    this.element = element;
    this.tell = tell;
    /** @type {any} */
    this.phone = null;
    this.state = "off";
    this.reason = "";
    /** @type {(() => void) | null} */
    this.endEcho = null;
    this.isComing = false;
  }

  /** It has given up, and comes back only by hand. */
  get isStopped() {
    return this.phone !== null && ["off", "refused"].includes(this.state) && this.reason !== "";
  }

  /** From a click: only then may a page make sounds and ask for the microphone. */
  again() {
    return this.phone?.start();
  }

  /** @param {boolean} isWanted */
  async want(isWanted) {
    if (isWanted === Boolean(this.phone) || this.isComing) return;
    if (!isWanted) {
      this.phone.stop();
      this.phone = null;
      return this.#hear("off", "");
    }
    this.isComing = true;
    try {
      const { Softphone } = await import("./softphone.js");
      this.phone = new Softphone({ element: this.element, login: () => ask("GET", "/softphone/login") });
      this.phone.addEventListener("state", (/** @type {CustomEvent} */ event) => this.#hear(event.detail.state, event.detail.reason ?? ""));
      await this.phone.start();
    } catch (fault) {
      this.phone = null;
      this.#hear("refused", fault instanceof Error ? fault.message : "");
    } finally {
      this.isComing = false;
    }
  }

  /** @param {string} state @param {string} reason */
  #hear(state, reason) {
    this.state = state;
    this.reason = reason;
    this.tell(state, reason);
  }

  /** A soft tone in the ear: there is something to read. */
  note() {
    this.phone?.tone("note");
  }

  /** A soft tone in the ear at the moment of the join. */
  join() {
    this.phone?.tone("join");
  }

  /** @returns {Node[]} level, devices, echo: what is tried before the first call */
  check() {
    const meter = make("meter", { min: -60, max: 0, low: -45, value: -60, "aria-label": "マイクの音量" });
    const watch = window.setInterval(() => {
      if (!meter.isConnected) return window.clearInterval(watch);
      meter.value = this.phone?.level().microphone ?? -60;
    }, 100);
    const inputs = make("select", { id: "audio-input", onchange: () => this.phone?.choose({ input: inputs.value }) });
    const outputs = make("select", { id: "audio-output", onchange: () => this.phone?.choose({ output: outputs.value }) });
    void this.#offer(inputs, outputs);
    return [
      make("div", { class: "desk-row" }, make("label", { for: "audio-input", text: "マイク" }), make("span", { class: "desk-grow" }, inputs)),
      make("div", { class: "desk-row" }, make("label", { for: "audio-output", text: "ヘッドセット" }), make("span", { class: "desk-grow" }, outputs)),
      meter,
      make("div", { class: "desk-row" },
        make("button", { type: "button", text: "自分の声を聞いて確かめる", "aria-pressed": "false",
          onclick: (/** @type {any} */ event) => this.#echo(event.currentTarget) }),
        make("span", { class: "desk-hint", text: "話した声がそのまま返ってきます。" })),
    ];
  }

  /** @param {any} button pressed again, it ends */
  async #echo(button) {
    try {
      this.endEcho ? this.endEcho() : (this.endEcho = await this.phone?.echo());
    } catch (fault) {
      this.endEcho = null;
      say(fault instanceof Error ? fault.message : "音声の確認ができません");
    }
    if (button.getAttribute("aria-pressed") === "true") this.endEcho = null;
    button.setAttribute("aria-pressed", String(Boolean(this.endEcho)));
  }

  /** @param {any} inputs @param {any} outputs */
  async #offer(inputs, outputs) {
    const found = (await this.phone?.devices()) ?? { inputs: [], outputs: [] };
    const options = (/** @type {any[]} */ devices) =>
      [make("option", { value: "", text: "既定の機器" }), ...devices.map((one) => make("option", { value: one.deviceId, text: one.label || "名前のない機器" }))];
    inputs.replaceChildren(...options(found.inputs));
    outputs.replaceChildren(...options(found.outputs));
  }
}
