// <fanfare-player> around whichever player the page uses, so that nothing else depends on it.
//   play(), pause(), seek(seconds), seekTo(Date), sound(true), time (seconds), at (Date on the host's clock, or null), paused
// Events (they bubble): player:taken {video}, player:time {time, at}, player:playing, player:trouble {tries}, player:back,
//   player:sound {on}, player:ended.

/* A live picture is a plain <video>. hls.js feeds it, in its light build and with a worker that sorts the packets; where a
   browser cannot be fed it plays the stream by itself. Both are large: they wait for the first touch, move or key, or until
   the page has been there for a moment, so that the shop and the chat answer first. */

const MOMENT = 2500;
const TOUCHES = ["pointerdown", "pointermove", "touchstart", "wheel", "scroll", "keydown"];

const atRest = () => new Promise((done) => {
  const soon = () => setTimeout(done, MOMENT);
  if (document.readyState === "complete") soon(); else addEventListener("load", soon, { once: true });
  for (const kind of TOUCHES) addEventListener(kind, done, { once: true, passive: true });
});

const byItself = (video, { src }) => {
  video.src = src;
  return {
    stop() { video.removeAttribute("src"); video.load(); },
    get at() { const began = video.getStartDate?.(); return began && new Date(began.getTime() + 1000 * video.currentTime); },
    get newest() { return video.seekable.length ? video.seekable.end(video.seekable.length - 1) - 3 : null; },
  };
};

const feed = async (video, { src, script, whole, worker }, failed) => {
  if (!("MediaSource" in window || "ManagedMediaSource" in window)) return byItself(video, { src });
  const { default: Hls } = await import(script);
  const hls = new Hls({ workerPath: worker, capLevelToPlayerSize: true, maxBufferLength: 12, backBufferLength: 20, maxLiveSyncPlaybackRate: 1.05 });
  hls.on("hlsError", (name, problem) => { if (problem.fatal) failed(); });
  // The light build plays only the sound that comes with the picture.
  hls.on("hlsManifestLoaded", (name, { audioTracks }) => { if (whole && audioTracks?.some((track) => track.url)) failed("whole"); });
  hls.loadSource(src);
  hls.attachMedia(video);
  return { stop: () => hls.destroy(), get at() { return hls.playingDate; }, get newest() { return hls.liveSyncPosition; } };
};

customElements.define("fanfare-player", class extends HTMLElement {
  tries = 0;

  connectedCallback() {
    this.button = this.querySelector("[data-sound]");
    this.curtain = this.querySelector("[data-curtain]");
    this.begin = this.querySelector("[data-begin]");
    this.live = this.dataset.kind === "live";
    this.button?.addEventListener("click", () => this.sound(true));
    this.begin?.addEventListener("click", () => this.sound(true));
    const waiting = this.querySelector(".player__video");
    if (this.live) { this.take(waiting); atRest().then(() => this.isConnected && this.fetch()); }
    else customElements.whenDefined(waiting.localName).then(() => this.isConnected && this.take(waiting));
  }

  // A replay's player is large, too: it is fetched when somebody wants to see it.
  fetch() {
    if (this.fetched || !this.dataset.script) return;
    this.fetched = true;
    if (this.live) this.open(); else document.head.append(Object.assign(document.createElement("script"), { src: this.dataset.script }));
  }

  async open() {
    const { src, script, whole, worker } = this.dataset;
    const failed = (how) => { if (how === "whole") this.dataset.script = whole; else this.trouble(); this.again(how === "whole" ? 0 : undefined); };
    try {
      const said = this.tries ? `${script}?${this.tries}` : script;  // an import that failed once is not tried again under its name
      this.source = await feed(this.video, { src, script: said, whole: script === whole ? "" : whole, worker }, failed);
      if (!this.isConnected) this.source.stop();
    } catch { failed(); }
  }

  disconnectedCallback() {
    clearTimeout(this.retry);
    clearTimeout(this.patience);
    this.source?.stop();
  }

  get time() { return this.video?.currentTime ?? 0; }
  get paused() { return this.video?.paused ?? true; }
  get at() {
    const at = this.live ? this.source?.at : this.video?.currentPdt;
    return at instanceof Date && !Number.isNaN(at.getTime()) && at.getTime() > 0 ? at : null;
  }

  play() {
    this.wanted = true;
    if (this.begin) this.begin.hidden = true;
    this.fetch();
    if (this.live && this.source?.newest > this.time + 10) this.seek(this.source.newest);
    return this.video?.play();
  }

  pause() { this.wanted = false; this.video?.pause(); }
  seek(seconds) { if (this.video) this.video.currentTime = seconds; else this.querySelector(".player__video").setAttribute("start-time", seconds); }
  seekTo(date) { if (this.at) this.seek(this.time + (date - this.at) / 1000); }
  sound(on) {
    const video = this.video ?? this.querySelector(".player__video");
    if (this.video) video.muted = !on; else video.toggleAttribute("muted", !on);
    if (on && this.video && !video.volume) video.volume = 1;
    this.play()?.catch?.(() => {});
  }

  tell(name, detail = {}) { this.dispatchEvent(new CustomEvent(`player:${name}`, { bubbles: true, detail })); }

  take(video) {
    this.video = video;
    const on = (name, handle) => video.addEventListener(name, handle);
    on("timeupdate", () => { this.fine(); this.tell("time", { time: this.time, at: this.at }); });
    on("playing", () => { this.fine(); this.toggleAttribute("data-played", true); this.tell("playing"); });
    on("waiting", () => { clearTimeout(this.patience); this.patience = setTimeout(() => this.trouble(), 3000); });
    on("error", () => { if (video.getAttribute("src") || !this.live) { this.trouble(); this.again(); } });
    on("ended", () => { clearTimeout(this.patience); this.tell("ended"); });
    on("volumechange", () => this.showSound());
    // What was asked for before the film had begun to load is forgotten by the loading.
    on("loadedmetadata", () => { this.showSound(); if (this.wanted && video.paused) video.play()?.catch?.(() => {}); });
    this.tell("taken", { video });
    this.showSound();
    if (this.wanted) video.play()?.catch?.(() => {});
  }

  showSound() {
    const on = !this.video.muted;
    if (this.button) this.button.hidden = on || (this.begin && !this.begin.hidden);
    this.tell("sound", { on });
  }

  fine() {
    clearTimeout(this.patience);
    if (!this.tries && this.curtain?.hidden !== false) return;
    this.tries = 0;
    if (this.curtain) this.curtain.hidden = true;
    this.tell("back");
  }

  trouble() {
    if (this.curtain) this.curtain.hidden = false;
    this.tell("trouble", { tries: this.tries });
  }

  // A player that has failed stays failed: a fresh one takes its place, later each time.
  again(wait = Math.min(15000, 1000 * 2 ** this.tries++)) {
    clearTimeout(this.retry);
    this.source?.stop();
    this.source = null;
    this.retry = setTimeout(() => {
      if (this.live) { this.open(); return; }
      const fresh = this.video.cloneNode(false);
      if (this.time) fresh.setAttribute("start-time", this.time);
      this.video.replaceWith(fresh);
      this.take(fresh);
    }, wait);
  }
});
