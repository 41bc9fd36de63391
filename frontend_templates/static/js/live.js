// What happens in a room, as events of the page: <main data-live="/shows/…/stream" data-live-since="…"> gets
// `live:chat`, `live:pin`, … with the data in `detail`, and `live:state` ("open" or "lost", also in data-live-state).
//
// Browsers allow six connections to a host, so the tabs of a browser that watch the same room share one stream: the
// tab that holds a lock has it and tells the others. When that tab closes, the next one gets the lock and goes on from
// the last event that was heard. A tab that arrives asks for what happened since its page was made.

const KINDS = ["chat", "chat_removed", "pin", "stock", "viewers", "show", "sale", "gap"];
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15000;
const REMEMBERED = 200;

const newer = (id, than) => {
  const [a, b] = [id, than].map((text) => text.split("-").map(Number));
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
};

class Room {
  constructor(element) {
    this.element = element;
    this.tab = crypto.randomUUID?.() ?? String(Math.random());
    this.address = new URL(element.dataset.live, location.href);
    this.kinds = [...KINDS, ...(element.dataset.liveKinds ?? "").split(" ").filter(Boolean)];
    this.last = element.dataset.liveSince ?? this.address.searchParams.get("since") ?? "";
    this.address.searchParams.delete("since");
    this.name = `live:${this.address}`;
    this.wait = FIRST_WAIT;
    this.told = [];
    this.others = "BroadcastChannel" in window ? new BroadcastChannel(this.name) : null;
    this.others?.addEventListener("message", ({ data }) => this.hear(data));
    this.closing = new AbortController();
    this.begin();
  }

  begin() {
    if (!this.others || !navigator.locks) return this.open();
    this.others.postMessage({ ask: this.tab, since: this.last });
    navigator.locks
      .request(this.name, { signal: this.closing.signal }, () => {
        this.open();
        return new Promise((release) => { this.release = release; });
      })
      .catch(() => {});
  }

  open() {
    const address = new URL(this.address);
    if (this.last) address.searchParams.set("since", this.last);
    this.source = new EventSource(address);
    this.source.addEventListener("open", () => { this.wait = FIRST_WAIT; this.tell({ state: "open" }); });
    this.source.addEventListener("error", () => this.lost());
    for (const kind of this.kinds) this.source.addEventListener(kind, (event) => this.tell({ kind, id: event.lastEventId, text: event.data }));
  }

  // A broken stream comes back by itself; one that the server refused has to be asked for again.
  lost() {
    this.tell({ state: "lost" });
    if (this.source.readyState !== EventSource.CLOSED) return;
    this.source.close();
    this.again = setTimeout(() => this.open(), this.wait * (0.5 + Math.random()));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  tell(news) {
    this.others?.postMessage(news);
    if (news.id) this.told = [...this.told, news].slice(-REMEMBERED);
    this.hear(news);
  }

  hear(news) {
    if (news.ask) this.answer(news);
    else if (news.to && news.to !== this.tab) return;
    else if (news.state) this.show(news.state);
    else this.pass(news);
  }

  answer({ ask, since }) {
    if (!this.source) return;
    if (this.state) this.others.postMessage({ to: ask, state: this.state });
    for (const news of this.told) if (since && newer(news.id, since)) this.others.postMessage({ ...news, to: ask });
  }

  show(state) {
    if (state === this.state) return;
    this.state = state;
    this.element.dataset.liveState = state;
    this.element.dispatchEvent(new CustomEvent("live:state", { bubbles: true, detail: { state } }));
  }

  // An event without an id of its own carries the id of the one before it; an older one is known already.
  pass({ kind, id, text, to }) {
    if (id && this.last && !newer(id, this.last) && (to || id !== this.last)) return;
    if (id) this.last = id;
    this.element.dispatchEvent(new CustomEvent(`live:${kind}`, { bubbles: true, detail: JSON.parse(text) }));
  }

  close() {
    clearTimeout(this.again);
    this.source?.close();
    this.closing.abort();
    this.release?.();
    this.others?.close();
  }
}

const rooms = new Map();

const look = () => {
  for (const [element, room] of rooms) if (!element.isConnected) { room.close(); rooms.delete(element); }
  for (const element of document.querySelectorAll("[data-live]")) if (!rooms.has(element)) rooms.set(element, new Room(element));
};

const leave = () => { for (const room of rooms.values()) room.close(); rooms.clear(); };

look();
document.addEventListener("htmx:afterSettle", look);
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => { if (event.persisted) look(); });

/* A page that waits for its show becomes the room by itself. A little later for some, so that not everybody asks at once. */

document.querySelector("[data-event]")?.addEventListener("live:show", () => setTimeout(() => location.reload(), Math.random() * 2000));
