// The host's cockpit: clocks by the server's time, and the pieces of the page that change when the room has news.

const cockpit = document.querySelector("[data-cockpit]");
const address = cockpit.dataset.cockpit;
const numbers = new Intl.NumberFormat(document.documentElement.lang);
const two = (number) => String(number).padStart(2, "0");
const clock = (seconds) => {
  const whole = Math.floor(Math.abs(seconds));
  const hours = Math.floor(whole / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
};

const ahead = new WeakMap();
const serverNow = (element) => {
  if (!ahead.has(element)) ahead.set(element, Date.parse(element.dataset.now) - Date.now());
  return Date.now() + ahead.get(element);
};

const tick = () => {
  const elapsed = cockpit.querySelector("[data-elapsed]");
  const began = Date.parse(elapsed?.dataset.elapsed);
  if (!Number.isNaN(began)) elapsed.textContent = clock(Math.max(0, (serverNow(elapsed) - began) / 1000));
  const slot = cockpit.querySelector("[data-slot-began]");
  if (!slot) return;
  const planned = Number(slot.dataset.slotSeconds);
  const gone = (serverNow(slot) - Date.parse(slot.dataset.slotBegan)) / 1000;
  const left = planned - gone;
  slot.dataset.state = left < 0 ? "over" : left <= 60 ? "last" : "running";
  slot.querySelector("[data-left]").textContent = (left < 0 ? "+" : "") + clock(left < 0 ? -left : Math.ceil(left));
  cockpit.querySelector("[data-slot-bar]").style.width = `${Math.min(100, (100 * gone) / planned)}%`;
};
tick();
setInterval(tick, 250);

/* One question to the server for any number of news within a second. What the host has just done is on the page
   already: its echo waits, so that no button is exchanged under the finger. */

const waiting = {};
const changed = {};
const refresh = (part, wait = Date.now() - (changed[part] ?? 0) < 1500 ? 4000 : 700) => {
  if (waiting[part]) return;
  waiting[part] = setTimeout(() => {
    delete waiting[part];
    if (cockpit.querySelector(`#${part} :is([popover]:popover-open, [aria-busy], .htmx-request, details[open])`)) refresh(part, 700);
    else window.htmx?.ajax("GET", `${address}?part=${part}`, { target: `#${part}` });
  }, wait);
};

for (const kind of ["chat", "chat_removed", "gap"]) cockpit.addEventListener(`live:${kind}`, () => refresh("lines"));
for (const kind of ["pin", "stock", "sale", "gap"]) cockpit.addEventListener(`live:${kind}`, () => refresh("slot"));
for (const kind of ["sale", "gap"]) cockpit.addEventListener(`live:${kind}`, () => refresh("figures"));
for (const kind of ["question", "votes", "poll", "poll_votes", "offer", "gap"]) cockpit.addEventListener(`live:${kind}`, () => refresh("audience"));
cockpit.addEventListener("live:hearts", ({ detail }) => { cockpit.querySelector("[data-hearts]").textContent = numbers.format(detail.count); });
cockpit.addEventListener("live:viewers", ({ detail }) => { cockpit.querySelector("[data-viewers]").textContent = numbers.format(detail.count); });
cockpit.addEventListener("live:show", ({ detail }) => { if (detail.status === "live") refresh("figures"); else location.reload(); });

const toEnd = () => { const chat = cockpit.querySelector(".cockpit__chat"); if (chat) chat.scrollTop = chat.scrollHeight; };
toEnd();
document.addEventListener("htmx:afterSettle", (event) => {
  tick();
  if (event.detail.requestConfig?.verb === "post") changed[event.target.id] = Date.now();
  if (event.target.id === "lines") toEnd();
});

/* A new message gets a new key once the last one has arrived. */

cockpit.querySelector("[data-cockpit-say]").addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) return;
  const form = event.currentTarget;
  form.elements.body.value = "";
  form.elements.client_key.value = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => two(byte.toString(16))).join("");
});
