// The pages of a show: the live room (what arrives, what is written, the player's buttons), the page before it, the replay.
// News come from live.js as events of the element with data-live; the words are the server's, in the reader's language.

const find = (selector, root = document) => root.querySelector(selector);
const locale = document.documentElement.lang.slice(0, 2);
const words = (html) => html?.[locale] ?? html?.en ?? "";
const numbers = new Intl.NumberFormat(document.documentElement.lang);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// A browser may refuse to play, or a new load may cut in: the picture then waits for the next tap.
const start = (player) => player.play()?.catch?.(() => {});

/* Sharing: the system's sheet where there is one, else the address is copied. */

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-share]");
  if (!button) return;
  const url = new URL(button.dataset.share, location.href).href;
  if (navigator.share) await navigator.share({ title: document.title, url }).catch(() => {});
  else { await navigator.clipboard?.writeText(url); button.dataset.copied = ""; setTimeout(() => delete button.dataset.copied, 2000); }
});

const clock = (seconds) => {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds % 60)];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
};

/* Before the show: the page becomes the room by itself. A little later for some, so that not everybody asks at once. */

const event = find("[data-event]");
event?.addEventListener("live:show", () => setTimeout(() => location.reload(), Math.random() * 2000));

/* The live room. */

class LiveRoom {
  constructor(element) {
    this.element = element;
    this.address = element.dataset.room;
    this.lines = find("#lines", element);
    this.scroll = this.lines.parentElement;
    this.newest = find("[data-newest]", element);
    this.unseen = 0;
    this.listen();
    this.write();
    this.controls();
    this.newest.addEventListener("click", () => this.toEnd());
    this.scroll.addEventListener("scroll", () => { if (this.atEnd()) this.seen(); });
  }

  listen() {
    const on = (kind, handle) => this.element.addEventListener(`live:${kind}`, (news) => handle(news.detail));
    on("chat", ({ id, html }) => this.add(id, words(html)));
    on("chat_removed", ({ id }) => document.getElementById(`message-${id}`)?.remove());
    on("viewers", ({ count }) => { find("[data-viewers]", this.element).textContent = numbers.format(count); });
    on("pin", ({ html }) => this.pin(words(html)));
    on("stock", () => this.refresh("products"));
    on("show", (news) => this.change(news));
    on("gap", () => this.missed());
  }

  // Messages: newest at the bottom. Who has scrolled up is not moved, but told.
  atEnd() { return Math.abs(this.scroll.scrollTop) < 40; }
  toEnd() { this.scroll.scrollTo({ top: 0, behavior: calm ? "instant" : "smooth" }); this.seen(); }
  seen() { this.unseen = 0; this.newest.hidden = true; }

  add(id, html) {
    if (document.getElementById(`message-${id}`)) return;
    const still = this.atEnd();
    this.lines.insertAdjacentHTML("beforeend", html);
    while (this.lines.childElementCount > 300) this.lines.firstElementChild.remove();
    if (still) return;
    this.unseen += 1;
    this.newest.textContent = `↓ ${numbers.format(this.unseen)}`;
    this.newest.hidden = false;
  }

  async missed() {
    const last = this.lines.lastElementChild?.dataset.message ?? 0;
    const answer = await fetch(`${this.address}/chat?after=${last}`).catch(() => null);
    if (!answer?.ok) return;
    const piece = document.createElement("template");
    piece.innerHTML = await answer.text();
    for (const line of piece.content.querySelectorAll("[data-message]")) this.add(line.dataset.message, line.outerHTML);
    this.refresh("products");
    this.refresh("programme");
  }

  pin(html) {
    const place = find("#pinned", this.element);
    place.innerHTML = html;
    window.htmx?.process(place);
    this.refresh("products");
    this.refresh("programme");
  }

  // Not everybody at the same instant: a pin is heard by the whole room.
  refresh(part) {
    clearTimeout(this[part]);
    this[part] = setTimeout(() => window.htmx?.ajax("GET", `${this.address}/${part}`, { target: `#${part}`, swap: "outerHTML" }), Math.random() * 1500);
  }

  change({ status, signal }) {
    if (status === "live") { find("[data-curtain-paused]", this.element).hidden = signal !== "disconnected"; return; }
    if (!find("dialog[open]")) setTimeout(() => location.reload(), Math.random() * 2000);
  }

  // Writing: the same message keeps its key until it has arrived, so that trying again never says it twice.
  write() {
    const form = find("[data-say]", this.element);
    form?.addEventListener("submit", async (submit) => {
      submit.preventDefault();
      const field = form.elements.body;
      if (!field.value.trim() || form.dataset.sending) return;
      form.dataset.sending = "1";
      const [sent, problem] = await this.send(form);
      delete form.dataset.sending;
      const note = find("[data-say-error]", form);
      note.hidden = !problem;
      note.textContent = problem ?? "";
      if (!sent) return;
      const line = document.createElement("template");
      line.innerHTML = sent;
      const id = line.content.firstElementChild?.dataset.message;
      if (id) { document.getElementById(`message-${id}`)?.remove(); this.add(id, sent); this.toEnd(); }
      field.value = "";
      form.elements.client_key.value = crypto.randomUUID?.() ?? this.key();
    });
  }

  key() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async send(form) {
    const body = new URLSearchParams(new FormData(form));
    for (let tries = 0; tries < 3; tries += 1) {
      const answer = await fetch(form.action, { method: "POST", body, headers: { "x-piece": "line" } }).catch(() => null);
      if (answer?.ok) return [await answer.text(), null];
      if (answer?.status === 401) { location.href = `/sign-in?next=${encodeURIComponent(location.pathname)}`; return [null, null]; }
      if (answer && answer.status < 500) return [null, await answer.text()];
      await new Promise((resolve) => setTimeout(resolve, 800 * 2 ** tries));
    }
    return [null, "…"];
  }

  controls() {
    const player = find("fanfare-player", this.element);
    const use = (name, icon, button) => find("use", button).setAttribute("href", find("use", button).getAttribute("href").replace(/#.*/, `#${icon}`));
    const play = find("[data-play]", this.element);
    const sound = find("[data-toggle-sound]", this.element);
    if (!player) { for (const button of [play, sound]) button.hidden = true; }
    play.addEventListener("click", () => { if (player.paused) start(player); else player.pause(); setTimeout(() => use("play", player.paused ? "play" : "pause", play), 60); });
    sound.addEventListener("click", () => player.sound(sound.getAttribute("aria-pressed") !== "true"));
    this.element.addEventListener("player:sound", ({ detail }) => {
      sound.setAttribute("aria-pressed", String(detail.on));
      use("sound", detail.on ? "sound" : "sound-off", sound);
    });
    this.element.addEventListener("player:playing", () => use("play", "pause", play));
    find("[data-fullscreen]", this.element).addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : find(".stage", this.element).requestFullscreen?.()));
    this.onAir(find("[data-on-air]", this.element));
  }

  onAir(element) {
    const began = Date.parse(element.dataset.onAir);
    if (Number.isNaN(began)) return;
    const ahead = Date.parse(element.dataset.now) - Date.now();
    const tick = () => { element.textContent = clock(Math.max(0, (Date.now() + ahead - began) / 1000)); };
    tick();
    setInterval(tick, 1000);
  }
}

const room = find("[data-room]");
if (room) new LiveRoom(room);

/* The replay: chapters, chat and products follow the video, and lead it. */

class Replay {
  constructor(element) {
    this.element = element;
    this.player = find("fanfare-player", element);
    this.chat = find("[data-replay-chat]", element);
    this.back = find("[data-follow]", element);
    this.lines = [...this.chat.querySelectorAll("[data-seek]")];
    this.chapters = [...element.querySelectorAll(".chapter")];
    this.following = true;
    element.addEventListener("click", (click) => this.seek(click));
    element.addEventListener("player:time", ({ detail }) => this.show(detail.time));
    for (const kind of ["wheel", "touchmove"]) this.chat.addEventListener(kind, () => this.stray(), { passive: true });
    this.back.addEventListener("click", () => { this.following = true; this.back.hidden = true; this.show(this.player.time); });
    element.addEventListener("keydown", (press) => this.walk(press));
  }

  seek(click) {
    const target = click.target.closest("[data-seek]");
    if (!target) return;
    click.preventDefault();
    this.player.seek(Number(target.dataset.seek));
    if (this.player.paused) start(this.player);
    this.following = true;
  }

  stray() {
    this.following = false;
    this.back.hidden = false;
  }

  show(time) {
    this.back.textContent = `↩ ${clock(time)}`;
    let current = null;
    for (const line of this.lines) {
      const later = Number(line.dataset.seek) > time;
      line.toggleAttribute("data-later", later);
      line.removeAttribute("aria-current");
      if (!later) current = line;
    }
    current?.setAttribute("aria-current", "true");
    if (this.following && current && this.shown !== current) this.chat.scrollTo({ top: current.offsetTop - this.chat.offsetTop - 120, behavior: calm ? "instant" : "smooth" });
    this.shown = current;
    this.showChapter(time);
  }

  showChapter(time) {
    let now = null;
    for (const chapter of this.chapters) {
      const [from, until] = [Number(chapter.dataset.seek), Number(chapter.dataset.until)];
      const inside = time >= from && time < until;
      chapter.toggleAttribute("data-seen", time >= until);
      chapter.toggleAttribute("aria-current", inside);
      if (inside) { chapter.setAttribute("aria-current", "true"); now = chapter; }
      find(".chapter__bar span", chapter).style.width = inside ? `${(100 * (time - from)) / Math.max(1, until - from)}%` : "";
    }
    for (const row of this.element.querySelectorAll("[data-chapter-product]")) row.toggleAttribute("data-now", Boolean(now) && row.dataset.chapterProduct === now.dataset.seek);
  }

  walk(press) {
    const at = this.chapters.indexOf(document.activeElement);
    if (at < 0 || !["ArrowRight", "ArrowLeft"].includes(press.key)) return;
    this.chapters[at + (press.key === "ArrowRight" ? 1 : -1)]?.focus();
    press.preventDefault();
  }
}

const replay = find("[data-replay]");
if (replay) new Replay(replay);
