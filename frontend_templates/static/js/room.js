// The live room: what arrives, what is written, what the audience does, the player's buttons. News come from live.js as events of
// the element with data-live; the words are the server's, in the reader's language.

const find = (selector, root = document) => root.querySelector(selector);
const locale = document.documentElement.lang.slice(0, 2);
const words = (html) => html?.[locale] ?? html?.en ?? "";

// What writes numbers takes a slow phone a tenth of a second to set up; small ones need none.
const written = (options, format) => ({ format: (number) => (!options && number < 1000 ? `${number}` : (format ??= new Intl.NumberFormat(document.documentElement.lang, options)).format(number)) });
const numbers = written();
const percent = written({ style: "percent" });

const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// A browser may refuse to play, or a new load may cut in: the picture then waits for the next tap.
const start = (player) => player.play()?.catch?.(() => {});

const clock = (seconds) => {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds % 60)];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
};

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
    this.hearts();
    find("#offer", element).addEventListener("countdown:end", () => { this.refresh("products"); this.refresh("pinned"); });
    element.addEventListener("click", (click) => this.leave(click));
    document.addEventListener("htmx:load", ({ target }) => { if (target.matches?.("[data-poll][data-voted]")) this.voted(target); });
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
    on("state", ({ state }) => this.away(state === "lost"));
    on("slow", ({ seconds }) => { const form = find("[data-say]", this.element); if (form && form.dataset.slow !== undefined) form.dataset.slow = seconds; });
    on("question", (news) => this.question(news));
    on("votes", ({ id, votes }) => this.vote(id, votes));
    on("poll", ({ html }) => this.poll(words(html)));
    on("poll_votes", ({ id, votes }) => this.count(id, votes));
    on("offer", ({ html }) => this.offer(words(html)));
    on("hearts", ({ count }) => this.counted(count));
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

  // A stream that ends and begins again is no news: only a longer silence is told.
  away(lost) {
    clearTimeout(this.silence);
    const note = find("[data-away]", this.element);
    if (lost) this.silence = setTimeout(() => { note.hidden = false; }, 2500); else note.hidden = true;
  }

  async missed() {
    const last = this.lines.lastElementChild?.dataset.message ?? 0;
    const answer = await fetch(`${this.address}/chat?after=${last}`).catch(() => null);
    if (!answer?.ok) return;
    const piece = document.createElement("template");
    piece.innerHTML = await answer.text();
    for (const line of piece.content.querySelectorAll("[data-message]")) this.add(line.dataset.message, line.outerHTML);
    for (const part of ["products", "programme"]) this.refresh(part);
    window.htmx?.ajax("GET", `${this.address}/questions`, { target: "#asked", swap: "outerHTML" });
    window.htmx?.ajax("GET", `${this.address}/poll`, { target: "#poll" });
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
      const [sent, problem, wait] = await this.send(form);
      delete form.dataset.sending;
      this.slow(form, wait ?? (sent ? Number(form.dataset.slow) : 0));
      const note = find("[data-say-error]", form);
      note.hidden = !problem;
      note.textContent = problem ?? "";
      if (!sent) return;
      const line = document.createElement("template");
      line.innerHTML = sent;
      const id = line.content.firstElementChild?.dataset.message;
      if (id) { document.getElementById(`message-${id}`)?.remove(); this.add(id, sent); this.toEnd(); }
      field.value = "";
      form.elements.client_key.value = this.key();
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
      if (answer?.status === 429) return [null, null, Number(answer.headers.get("retry-after"))];
      if (answer && answer.status < 500) return [null, await answer.text()];
      await new Promise((resolve) => setTimeout(resolve, 800 * 2 ** tries));
    }
    return [null, "…"];
  }

  // Slow mode: the seconds that are left stand in the field; what was typed stays.
  slow(form, seconds) {
    const field = form.elements.body;
    form.dataset.rest ??= field.placeholder;
    clearTimeout(this.slowly);
    field.readOnly = seconds > 0;
    form.toggleAttribute("data-waits", seconds > 0);
    const text = seconds > 0 ? form.dataset.slowWords.replace("#", seconds) : "";
    field.placeholder = text || form.dataset.rest;
    find("[data-wait]", form).textContent = text;
    if (seconds > 0) this.slowly = setTimeout(() => this.slow(form, seconds - 1), 1000);
  }

  // Questions: a new one finds its place by its votes; one's own vote stays marked.
  question({ id, state, html }) {
    const list = find("[data-questions]", this.element);
    const before = document.getElementById(`question-${id}`);
    const pressed = before && find("[aria-pressed=true]", before);
    before?.remove();
    if (state === "open" || state === "answering") {
      list.insertAdjacentHTML("beforeend", words(html));
      const item = list.lastElementChild;
      if (pressed) { find("[aria-pressed]", item).setAttribute("aria-pressed", "true"); item.querySelector("[name=on]").value = ""; }
      window.htmx?.process(item);
    }
    this.order();
  }

  vote(id, votes) {
    const number = find(`#question-${CSS.escape(id)} [data-votes]`);
    if (!number) return;
    number.textContent = votes;
    this.order();
  }

  order() {
    const list = find("[data-questions]", this.element);
    const weight = (item) => (item.classList.contains("question--answering") ? 1e9 : 0) + Number(find("[data-votes]", item).textContent);
    const items = [...list.children].sort((a, b) => weight(b) - weight(a));
    // Nothing moves under a finger or the keyboard's focus.
    if (!list.matches(":hover, :focus-within") && items.some((item, at) => item !== list.children[at])) list.append(...items);
    const none = find("[data-no-question]", this.element);
    if (none) none.hidden = items.length > 0;
  }

  // A flash offer: when its time is over the usual prices are asked for.
  offer(html) {
    const place = find("#offer", this.element);
    place.innerHTML = html;
    window.htmx?.process(place);
    for (const clock of place.querySelectorAll("[data-countdown]")) clock.dataset.arrived = performance.now();
    this.refresh("products");
  }

  // Polls: who has voted sees the others' choice; a counted poll says so for a while and goes.
  poll(html) {
    const place = find("#poll", this.element);
    const voted = find("[data-poll][data-voted]", place)?.dataset.poll;
    const chosen = find("[aria-pressed=true]", place)?.dataset.option;
    place.innerHTML = html;
    const poll = find("[data-poll]", place);
    if (!poll) return;
    if (poll.dataset.poll === voted) find(`[data-option="${chosen}"]`, poll)?.setAttribute("aria-pressed", "true");
    window.htmx?.process(place);
    if (poll.dataset.state === "closed") setTimeout(() => poll.remove(), 15000);
  }

  // Who has voted looks at the result for a moment; then the talk is back.
  voted(poll) {
    clearTimeout(this.looked);
    this.looked = setTimeout(() => { poll.hidden = matchMedia("(width < 48rem)").matches; }, 8000);
  }

  count(id, votes) {
    const poll = find(`[data-poll="${id}"]`, this.element);
    const all = Object.values(votes).reduce((sum, one) => sum + one, 0);
    if (!poll) return;
    find("[data-poll-count]", poll).textContent = find("[data-poll-count]", poll).textContent.replace(/[\d\s.,\u202f]+(?=\D|$)/, `${numbers.format(all)} `);
    for (const [option, number] of Object.entries(votes)) {
      const button = find(`[data-option="${option}"]`, poll);
      find("progress", button).value = (100 * number) / all;
      find("b", button).textContent = percent.format(number / all);
    }
  }

  // Hearts: many taps are sent as one, and those of others rise, too.
  hearts() {
    this.taps = 0;
    for (const form of this.element.querySelectorAll("[data-hearts]")) form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      this.taps += 1;
      this.rise();
      this.sending ??= setTimeout(() => this.applaud(form), 700);
    });
  }

  async applaud(form) {
    const body = new URLSearchParams(new FormData(form));
    body.set("hearts", this.taps);
    [this.taps, this.sending] = [0, undefined];
    const answer = await fetch(form.action, { method: "POST", body, headers: { "x-piece": "count" } }).catch(() => null);
    if (answer?.ok) this.counted((await answer.json()).count, true);
  }

  counted(count, own = false) {
    const more = own ? 0 : Math.min(4, count - (this.hearted ?? count));
    if (count < (this.hearted ?? 0)) return;
    this.hearted = count;
    for (const place of this.element.querySelectorAll("[data-heart-count]")) place.textContent = numbers.format(count);
    for (let at = 0; at < more; at += 1) setTimeout(() => this.rise(), 150 * at);
  }

  rise() {
    const place = find("[data-hearts-rise]", this.element);
    if (calm || place.childElementCount > 24 || document.hidden) return;
    const heart = find("[data-hearts] svg", this.element).cloneNode(true);
    heart.style.setProperty("--drift", `${Math.round(Math.random() * 36 - 18)}px`);
    heart.style.setProperty("--tilt", `${Math.round(Math.random() * 40 - 20)}deg`);
    place.append(heart);
    heart.addEventListener("animationend", () => heart.remove());
  }

  // Panels that are opened by their address close without leaving a step in the history.
  leave(click) {
    const close = click.target.closest('a[href="#room"]');
    if (!close) return;
    const opener = find(`a[href="${CSS.escape(location.hash)}"]`) ?? find(`a[href="${location.hash}"]`);
    setTimeout(() => opener?.focus());
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
    find(".stage__video", this.element).addEventListener("click", () => { if (player && sound.getAttribute("aria-pressed") !== "true") player.sound(true); });
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
