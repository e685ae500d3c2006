/**
 * The operator's telephone in the browser: SIP over the site's own WebSocket, voice straight between browser and
 * exchange. It registers, answers the leg that the engine calls, and comes back by itself after whatever went away.
 *
 * @typedef {"off" | "connecting" | "registered" | "in_leg" | "lost" | "refused"} PhoneState
 * @typedef {{uri: string, user: string, secret: string, ice: RTCIceServer[]}} Login
 * @typedef {{microphone: number, ear: number}} Levels  dBFS; silence is -100
 */

import { closeStream, loudness, openMicrophone, playTone, whyNoMicrophone } from "./softphone-sound.js";
import { UA, WebSocketInterface } from "./vendor/jssip-3.13.8.js";

const SAYS = {
  cut: "電話の接続が切れました。自動でつなぎ直しています。",
  cutInLeg: "電話の接続をつなぎ直しています。通話はそのまま続けられます。",
  noLogin: "電話の接続情報を受け取れません。自動でやり直しています。",
  elsewhere: "別の画面でこの席の電話が使われたため、この画面の電話を止めました。",
  over: "席を離れたか、サインインが終わったため、電話を止めました。",
};

/** Why our server closed the WebSocket for good: codes of dialer/web/softphone.py. */
const CLOSED_FOR_GOOD = { 4001: SAYS.over, 4002: SAYS.elsewhere };

const AGAIN_SECONDS = { least: 1, most: 4 };

export class Softphone extends EventTarget {
  #element;
  #login;
  /** @type {PhoneState} */ #state = "off";
  #reason = "";
  /** @type {UA | null} */ #agent = null;
  /** @type {Login | null} */ #account = null;
  /** @type {MediaStream | null} */ #microphone = null;
  /** @type {AudioContext | null} */ #sound = null;
  /** @type {AnalyserNode | null} */ #spoken = null;
  /** @type {AnalyserNode | null} */ #heard = null;
  #leg = null;
  #echo = null;
  #chosen = { input: "", output: "" };
  #run = 0; // counts start() and stop(): what an earlier one still had under way is dropped
  #tries = 0;

  /**
   * @param {{element: HTMLAudioElement, login: () => Promise<Login>}} parts
   *   where the call is heard; who we are: asked at each start, never kept anywhere else
   */
  constructor({ element, login }) {
    super();
    this.#element = element;
    this.#login = login;
    addEventListener("pagehide", () => this.stop());
    addEventListener("replaced", () => this.#agent && this.#end("off", SAYS.elsewhere)); // hangs up while it still can
    navigator.mediaDevices?.addEventListener("devicechange", () => this.dispatchEvent(new Event("devices")));
  }

  get state() {
    return this.#state;
  }

  get reason() {
    return this.#reason;
  }

  /** To be called from a click: only then may a page make sounds. */
  async start() {
    this.stop();
    const run = ++this.#run;
    this.#become("connecting");
    this.#sound = new AudioContext();
    this.#spoken = this.#sound.createAnalyser();
    this.#heard = this.#sound.createAnalyser();
    if (this.#chosen.output) this.#sound.setSinkId?.(this.#chosen.output);
    try {
      const opened = await openMicrophone(this.#chosen.input);
      if (run !== this.#run) return closeStream(opened);
      this.#useMicrophone(opened);
    } catch (wrong) {
      if (run === this.#run) this.#end("refused", whyNoMicrophone(wrong));
      return;
    }
    this.#sound.resume(); // made before the microphone was allowed, it may stand still
    await this.#connect(run);
  }

  /** Hangs up, leaves the exchange and lets go of the microphone. */
  stop() {
    this.#end("off");
  }

  /** @returns {Levels} how loud it is right now */
  level() {
    return { microphone: loudness(this.#spoken), ear: loudness(this.#heard) };
  }

  /** @returns {Promise<{inputs: MediaDeviceInfo[], outputs: MediaDeviceInfo[], choosesOutput: boolean}>} */
  async devices() {
    const all = await navigator.mediaDevices.enumerateDevices();
    return {
      inputs: all.filter((one) => one.kind === "audioinput"),
      outputs: all.filter((one) => one.kind === "audiooutput"),
      choosesOutput: "setSinkId" in this.#element,
    };
  }

  /** Takes effect at once, also during a talk. An id that is not given stays; "" is the system's own choice. */
  async choose({ input = this.#chosen.input, output = this.#chosen.output }) {
    const other = input !== this.#chosen.input;
    this.#chosen = { input, output };
    await Promise.all([this.#element.setSinkId?.(output), this.#sound?.setSinkId?.(output)]);
    if (other && this.#microphone) await this.#changeMicrophone();
  }

  /**
   * The exchange sends back what is spoken, so that the whole way is heard. The leg stays up meanwhile.
   * @returns {Promise<(() => void) & {stream: MediaStream}>} once it is heard: ends it, which a minute does too
   */
  echo() {
    if (!this.#agent?.isRegistered()) return Promise.reject(new Error(SAYS.cut));
    this.#echo?.terminate();
    return new Promise((heard, failed) => {
      const host = this.#account.uri.split("@")[1];
      const session = this.#agent.call(`sip:echo@${host}`, this.#voice());
      this.#echo = session;
      const ear = new Audio();
      this.#listen(session, ear);
      const end = () => session.isEnded() || session.terminate();
      session.on("confirmed", () => heard(Object.assign(end, { stream: ear.srcObject })));
      session.on("failed", ({ cause }) => failed(new Error(cause)));
    });
  }

  /** A soft sound in the ear alone: it never reaches the microphone's way. @param {"join" | "lost" | "note"} kind */
  tone(kind) {
    if (this.#sound) playTone(this.#sound, kind);
  }

  /** @param {PhoneState} state */
  #end(state, reason = "") {
    this.#run++;
    const agent = this.#agent;
    this.#agent = this.#leg = this.#echo = null;
    agent?.stop();
    closeStream(this.#microphone);
    this.#microphone = null;
    this.#sound?.close();
    this.#sound = this.#spoken = this.#heard = null;
    this.#element.srcObject = null;
    this.#become(state, reason);
  }

  async #connect(run) {
    try {
      this.#account = await this.#login();
    } catch {
      if (run === this.#run) this.#connectLater(run, SAYS.noLogin);
      return;
    }
    if (run !== this.#run) return;
    const { uri, user, secret } = this.#account;
    const agent = new UA({
      uri,
      authorization_user: user,
      password: secret,
      sockets: [new WebSocketInterface(`${location.protocol.replace("http", "ws")}//${location.host}/softphone`)],
      register_expires: 120,
      session_timers: false,
      connection_recovery_min_interval: AGAIN_SECONDS.least,
      connection_recovery_max_interval: AGAIN_SECONDS.most,
    });
    this.#agent = agent;
    const mine = (act) => (event) => agent === this.#agent && act(event);
    agent.on("registered", mine(() => this.#registered()));
    let isOver = false;
    agent.on("disconnected", (event) => {
      if (agent === this.#agent) this.#disconnected(event);
      if (agent === this.#agent || isOver) return;
      isOver = true;
      agent.transport.disconnect(); // a stopped one would come back while it has something to say
    });
    agent.on("registrationFailed", mine(() => this.#registrationFailed(agent)));
    agent.on("newRTCSession", mine(({ originator, session }) => originator === "remote" && this.#answer(session)));
    agent.start();
  }

  #connectLater(run, reason) {
    const seconds = Math.min(AGAIN_SECONDS.most, AGAIN_SECONDS.least * 2 ** this.#tries++);
    this.#become("lost", reason);
    setTimeout(() => run === this.#run && this.#connect(run), seconds * 1000);
  }

  #registered() {
    this.#tries = 0;
    if (this.#leg?.isEstablished()) this.#tellWhereWeAre(this.#leg);
    this.#settle();
  }

  /**
   * After a cut the exchange would hang up towards a WebSocket that is no more. A leg that it ended meanwhile is
   * unknown to it now, and over for us too.
   */
  #tellWhereWeAre(session) {
    session.sendRequest("UPDATE", {
      extraHeaders: [`Contact: ${session.contact}`],
      eventHandlers: { onDialogError: () => session.isEnded() || session.terminate() },
    });
  }

  #disconnected({ code }) {
    if (code in CLOSED_FOR_GOOD) this.#end("off", CLOSED_FOR_GOOD[code]);
    else this.#settle();
  }

  /** The way is there but we are not wanted: perhaps our secret is an old one. A running leg needs no registration. */
  #registrationFailed(agent) {
    if (!agent.isConnected() || this.#leg) return this.#settle();
    this.#agent = null;
    agent.stop();
    this.#connectLater(this.#run, SAYS.noLogin);
  }

  /** Whoever calls us is our own exchange, at the engine's order: the newest leg is the one it knows of. */
  #answer(session) {
    const before = this.#leg;
    this.#leg = session;
    if (before && !before.isEnded()) before.terminate();
    this.#listen(session, this.#element);
    session.on("confirmed", () => this.#settle());
    session.answer(this.#voice());
  }

  #voice() {
    return {
      mediaStream: this.#microphone,
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: this.#account.ice },
    };
  }

  /** What a session brings is heard in that element, and measured. */
  #listen(session, element) {
    const over = () => {
      if (session === this.#leg) this.#leg = null;
      if (session === this.#echo) this.#echo = null;
      element.srcObject = null;
      this.#settle();
    };
    session.on("ended", over);
    session.on("failed", over);
    session.on("icecandidate", ({ candidate, ready }) => candidate.type === "host" && ready()); // gathering on may take 40 s
    const hear = (connection) =>
      connection.addEventListener("track", ({ track, streams }) => {
        const stream = streams[0] ?? new MediaStream([track]);
        element.srcObject = stream;
        element.setSinkId?.(this.#chosen.output);
        element.play().catch(() => {}); // a newer leg came first; while the microphone is open nothing else forbids it
        if (this.#sound) this.#sound.createMediaStreamSource(stream).connect(this.#heard);
      });
    if (session.connection) hear(session.connection);
    else session.on("peerconnection", ({ peerconnection }) => hear(peerconnection));
  }

  #useMicrophone(stream) {
    closeStream(this.#microphone);
    this.#microphone = stream;
    stream.getAudioTracks()[0].addEventListener("ended", () => this.#microphoneEnded(stream));
    this.#sound.createMediaStreamSource(stream).connect(this.#spoken);
  }

  async #changeMicrophone() {
    const run = this.#run;
    const opened = await openMicrophone(this.#chosen.input);
    if (run !== this.#run) return closeStream(opened);
    this.#useMicrophone(opened);
    const senders = [this.#leg, this.#echo].flatMap((session) => session?.connection?.getSenders() ?? []);
    await Promise.all(senders.map((sender) => sender.replaceTrack(opened.getAudioTracks()[0])));
  }

  /** It was unplugged, or forbidden while in use: take what there is, or say what to do. */
  async #microphoneEnded(stream) {
    if (stream !== this.#microphone) return;
    this.#chosen.input = "";
    try {
      await this.#changeMicrophone();
    } catch (wrong) {
      this.#end("refused", whyNoMicrophone(wrong));
    }
  }

  #settle() {
    if (!this.#agent) return;
    const up = this.#leg?.isEstablished();
    if (up) this.#become("in_leg", this.#agent.isConnected() ? "" : SAYS.cutInLeg);
    else if (this.#agent.isRegistered()) this.#become("registered");
    else if (!this.#agent.isConnected()) this.#become("lost", SAYS.cut);
  }

  /** @param {PhoneState} state */
  #become(state, reason = "") {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, reason } }));
  }
}
