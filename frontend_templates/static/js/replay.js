// The replay: chapters, chat and products follow the video, and lead it.

const find = (selector, root = document) => root.querySelector(selector);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// A browser may refuse to play, or a new load may cut in: the picture then waits for the next tap.
const start = (player) => player.play()?.catch?.(() => {});

const clock = (seconds) => {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds % 60)];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
};

class Replay {
  constructor(element) {
    this.element = element;
    this.player = find("fanfare-player", element);
    this.chat = find("[data-replay-chat]", element);
    this.back = find("[data-follow]", element);
    this.lines = [...this.chat.querySelectorAll("[data-seek]")];
    this.chapters = [...element.querySelectorAll(".chapter")];
    this.second = find("[data-at]");
    this.following = true;
    element.addEventListener("click", (click) => this.seek(click));
    element.addEventListener("player:taken", ({ detail }) => this.furnish(detail.video));
    element.addEventListener("player:time", ({ detail }) => this.show(detail.time));
    for (const kind of ["wheel", "touchmove"]) this.chat.addEventListener(kind, () => this.stray(), { passive: true });
    this.back.addEventListener("click", () => { this.following = true; this.back.hidden = true; this.show(this.player.time); });
    element.addEventListener("keydown", (press) => this.walk(press));
  }

  furnish(video) {
    const chapters = JSON.parse(this.player.dataset.chapters || "[]");
    if (chapters.length) video.addEventListener("loadedmetadata", () => video.addChapters(chapters), { once: true });
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
    if (this.second) this.second.value = Math.floor(time);
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
