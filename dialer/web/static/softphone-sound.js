/** What the page's telephone does with sound: microphone, levels, soft tones. */

const SAYS = {
  denied:
    "マイクの使用が許可されていません。アドレス欄の左にある鍵（または調整）の印を押し、「マイク」を「許可」にして、" +
    "もう一度「電話をつなぐ」を押してください。",
  absent: "マイクが見つかりません。ヘッドセットをつなぎ、もう一度「電話をつなぐ」を押してください。",
  busy: "マイクを開けません。ほかのソフトがマイクを使っていないか確かめてください。",
  insecure: "この画面は保護された接続（https）で開かれていないため、マイクを使えません。https で開き直してください。",
};

const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const SILENCE = -100;

/** Soft sounds in the operator's own ear: hertz one after the other, 120 ms each, at -24 dBFS. */
const TONES = { join: [740], lost: [494, 370], note: [587, 740] };
const TONE = { seconds: 0.12, fade: 0.02, lead: 0.05, amplitude: 10 ** (-24 / 20) }; // begun too late, it would click

/** @param {AudioContext} sound @param {keyof TONES} kind */
export function playTone(sound, kind) {
  TONES[kind].forEach((hertz, place) => {
    const at = sound.currentTime + TONE.lead + place * TONE.seconds;
    const wave = new OscillatorNode(sound, { frequency: hertz });
    const volume = new GainNode(sound, { gain: 0 });
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(TONE.amplitude, at + TONE.fade);
    volume.gain.setValueAtTime(TONE.amplitude, at + TONE.seconds - TONE.fade);
    volume.gain.linearRampToValueAtTime(0, at + TONE.seconds);
    wave.connect(volume).connect(sound.destination);
    wave.start(at);
    wave.stop(at + TONE.seconds);
  });
}

/** @param {string} input the device's id; "" for the system's choice @returns {Promise<MediaStream>} */
export async function openMicrophone(input) {
  if (!navigator.mediaDevices) throw new DOMException("", "InsecureError");
  const wanted = input ? { ...VOICE, deviceId: { exact: input } } : VOICE;
  return navigator.mediaDevices.getUserMedia({ audio: wanted, video: false });
}

/** @param {MediaStream | null} stream */
export function closeStream(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}

/** @param {DOMException} wrong @returns {string} what the operator can do about it */
export function whyNoMicrophone(wrong) {
  switch (wrong.name) {
    case "NotAllowedError":
      return SAYS.denied;
    case "NotFoundError":
    case "OverconstrainedError":
      return SAYS.absent;
    case "InsecureError":
      return SAYS.insecure;
    default:
      return SAYS.busy;
  }
}

/** @param {AnalyserNode | null} meter @returns {number} dBFS */
export function loudness(meter) {
  if (!meter) return SILENCE;
  const samples = new Float32Array(meter.fftSize);
  meter.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return Math.max(SILENCE, 10 * Math.log10(power));
}
