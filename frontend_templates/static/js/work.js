// Behaviours of the places of work, and of accounts, asked for with a data attribute as in ui.js: ids, passwords, files, menus, tabs, keys, holding a button.

const on = (type, selector, handle, options) => document.addEventListener(type, (event) => {
  const target = event.target instanceof Element && event.target.closest(selector);
  if (target) handle(event, target);
}, options);

/* Copy an id: the button says so for two seconds. */

on("click", "[data-copy]", async (event, button) => {
  await navigator.clipboard?.writeText(button.dataset.copy);
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, 2000);
});

/* The open page of a part comes into view where its row is longer than the screen. */

const beside = document.querySelector(".beside [aria-current]");
if (beside) beside.parentElement.scrollLeft = beside.offsetLeft - (beside.parentElement.clientWidth - beside.offsetWidth) / 2;

/* A password is shown. */

on("click", "[data-reveal]", (event, button) => {
  const input = document.getElementById(button.dataset.reveal);
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
});

/* A file that was chosen or dropped is named, a picture is shown. */

const previewFile = (input) => {
  const drop = input.closest(".drop");
  const file = input.files[0];
  if (!drop) return;
  const name = drop.querySelector(".drop__name");
  if (name) name.textContent = file?.name ?? "";
  const picture = drop.querySelector(".drop__preview");
  drop.toggleAttribute("data-filled", Boolean(file));
  if (!picture) return;
  URL.revokeObjectURL(picture.src);
  picture.hidden = !file?.type.startsWith("image/");
  if (!picture.hidden) picture.src = URL.createObjectURL(file);
};
on("change", ".drop input[type=file]", (event, input) => previewFile(input));
for (const type of ["dragenter", "dragover"]) on(type, ".drop", (event, drop) => { event.preventDefault(); drop.dataset.over = ""; });
for (const type of ["dragleave", "drop"]) on(type, ".drop", (event, drop) => { event.preventDefault(); delete drop.dataset.over; });
on("drop", ".drop", (event, drop) => {
  const input = drop.querySelector("input[type=file]");
  if (!event.dataTransfer.files.length || input.disabled) return;
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

/* A piece of page that does not arrive says so in its place; anything else that was not answered says so in a toast. */

for (const type of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(type, (event) => {
  const waiting = event.target.querySelector?.(".skeletons");
  const words = document.getElementById("piece-failed")?.content.cloneNode(true);
  if (waiting && words) {
    waiting.nextElementSibling?.matches("[role=status]") && waiting.nextElementSibling.remove();
    waiting.replaceWith(words);
  } else if (type === "htmx:sendError") {
    const text = document.getElementById("toasts")?.dataset.failed;
    document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone: "ruby" } }));
  }
});

/* How far an upload is, in the field it comes from. */

document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.querySelector?.(".drop__progress");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (100 * event.detail.loaded) / event.detail.total;
});

/* Menus open under their button and keep inside the window; arrows walk through them. */

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches(".menu[data-hang]") || event.newState !== "open") return;
  const box = document.querySelector(`[popovertarget="${menu.id}"]`).getBoundingClientRect();
  const below = innerHeight - box.bottom > menu.offsetHeight + 12;
  menu.style.top = `${below ? box.bottom + 6 : Math.max(8, box.top - menu.offsetHeight - 6)}px`;
  menu.style.left = `${Math.max(8, Math.min(menu.dataset.hang === "end" ? box.right - menu.offsetWidth : box.left, innerWidth - menu.offsetWidth - 8))}px`;
}, true);

on("keydown", ".menu", (event, menu) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const items = [...menu.querySelectorAll(".menu__item")];
  const at = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  items.at(at % items.length)?.focus();
  event.preventDefault();
});

/* Tabs that switch panels on the same page. */

const choose = (tab) => {
  for (const other of tab.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls"))?.toggleAttribute("hidden", !chosen);
  }
};
on("click", "[role=tab]", (event, tab) => choose(tab));
on("keydown", "[role=tab]", (event, tab) => {
  const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
  const moves = { ArrowRight: 1, ArrowLeft: -1, Home: -tabs.indexOf(tab), End: -tabs.indexOf(tab) - 1 };
  if (!(event.key in moves)) return;
  const next = tabs.at((tabs.indexOf(tab) + moves[event.key]) % tabs.length);
  choose(next);
  next.focus();
  event.preventDefault();
});

/* Keys of the work places: / searches, j and k move in a list, Enter opens, ? shows the keys, others press their button. */

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

const listToWalk = () => document.querySelector("[data-walk]") ?? [...document.querySelectorAll("main table:has(tbody > tr)")].find((table) => table.checkVisibility() && !table.closest("details:not([open])"));
const rowsOf = (list) => { const marked = [...list.querySelectorAll("[data-row]")]; return marked.length ? marked : [...list.querySelectorAll("tbody > tr")]; };

const moveIn = (list, step) => {
  const rows = rowsOf(list);
  const at = rows.findIndex((row) => row.contains(document.activeElement) || row.hasAttribute("data-current"));
  const row = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  for (const other of rows) other.toggleAttribute("data-current", other === row);
  if (row && !row.querySelector("a, button, input")) row.tabIndex = -1;
  (row?.querySelector("a, button, input") ?? row)?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const list = listToWalk();
  const ticked = list && event.key === "x" && rowsOf(list).find((row) => row.contains(document.activeElement) || row.hasAttribute("data-current"))?.querySelector("input[type=checkbox]");
  if (list && (event.key === "j" || event.key === "k")) moveIn(list, event.key === "j" ? 1 : -1);
  else if (ticked) ticked.click();
  else {
    const able = [...document.querySelectorAll("[data-key]")].filter((element) => element.dataset.key === event.key && !element.disabled && element.checkVisibility());
    const target = able.find(typing) ?? able[0] ?? (event.key === "/" ? document.querySelector("main input[type=search]") : undefined);
    if (!target) return;
    if (typing(target)) target.focus(); else target.click();
  }
  event.preventDefault();
});

/* Hold to confirm: a finger, the mouse, or Enter, held for two seconds. */

let held;
const hold = (button) => {
  if (held) return;
  button.dataset.holding = "";
  held = setTimeout(() => {
    release(button);
    navigator.vibrate?.(60);
    if (button.form) button.form.requestSubmit(); else button.dispatchEvent(new CustomEvent("held", { bubbles: true }));
  }, 2000);
};
const release = (button) => { clearTimeout(held); held = undefined; delete button.dataset.holding; };
on("pointerdown", "[data-hold]", (event, button) => hold(button));
for (const type of ["pointerup", "pointerleave", "pointercancel", "focusout"]) on(type, "[data-hold]", (event, button) => release(button), true);
on("keydown", "[data-hold]", (event, button) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); hold(button); } });
on("keyup", "[data-hold]", (event, button) => release(button));
on("click", "[data-hold]", (event) => { if (event.isTrusted) event.preventDefault(); });

/* A page for the time without a network, kept once this one has come to rest. */

if (navigator.serviceWorker && isSecureContext) addEventListener("load", () => navigator.serviceWorker.register("/service-worker.js").catch(() => {}));
