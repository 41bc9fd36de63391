// Small behaviours that any page may ask for with a data attribute. Everything listens on the document, so that
// fragments brought by htmx need no set-up, and every page still works when this file does not arrive.

const on = (type, selector, handle, options) => document.addEventListener(type, (event) => {
  const target = event.target instanceof Element && event.target.closest(selector);
  if (target) handle(event, target);
}, options);

/* Dialogs and sheets: the browser keeps the focus inside and gives it back. */

on("click", "[data-opens]", (event, button) => {
  const dialog = document.getElementById(button.dataset.opens);
  if (!dialog?.showModal || dialog.open) return;
  event.preventDefault();
  dialog.showModal();
});

on("click", "[data-closes]", (event, button) => {
  event.preventDefault();
  button.closest("dialog")?.close(button.value ?? "");
});

document.addEventListener("click", (event) => {
  const dialog = event.target;
  if (!(dialog instanceof HTMLDialogElement) || !dialog.hasAttribute("data-light-dismiss")) return;
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) dialog.close();
});

const openArrived = (root) => {
  for (const dialog of root.querySelectorAll("dialog[data-open-now]")) if (!dialog.open) dialog.showModal();
};

/* Toasts: `HX-Trigger: {"toast": {"text", "tone", "undo"}}`, or toast(...) from another script. A refusal stays until it is closed. */

const leave = (toast) => {
  toast.classList.add("toast--leaving");
  setTimeout(() => toast.remove(), 250);
};

const settle = (toast) => {
  if (toast.classList.contains("toast--ruby")) return;
  const wait = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : leave(toast)), 6000);
  wait();
};

export function toast({ text, tone: wished = "plain", undo } = {}) {
  const region = document.getElementById("toasts");
  const template = document.getElementById("toast-template");
  if (!region || !template || !text) return;
  const element = template.content.firstElementChild.cloneNode(true);
  const tone = { done: "leaf", error: "ruby", warning: "brass" }[wished] ?? wished;
  element.classList.replace("toast--plain", `toast--${tone}`);
  element.querySelector(".toast__text").textContent = text;
  if (undo) {
    const button = element.querySelector("[data-dismiss]").cloneNode(false);
    button.className = "toast__undo";
    button.textContent = region.dataset.undo;
    button.removeAttribute("aria-label");
    button.addEventListener("click", () => window.htmx?.ajax("POST", undo, { swap: "none" }));
    element.querySelector(".toast__text").after(button);
  }
  region.append(element);
  settle(element);
}

document.addEventListener("toast", (event) => toast(event.detail));
on("click", "[data-dismiss]", (event, button) => {
  const gone = button.closest("[data-toast], [data-dismissable]");
  if (gone?.hasAttribute("data-toast")) leave(gone); else gone?.remove();
});

/* Copy an id: the button says so for two seconds. */

on("click", "[data-copy]", async (event, button) => {
  await navigator.clipboard?.writeText(button.dataset.copy);
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, 2000);
});

/* Countdowns follow the server's clock: data-now is the server's time when the page was made, datetime is the end. */

const offsets = new WeakMap();
const pad = (number) => String(number).padStart(2, "0");

const offsetOf = (element) => {
  if (!offsets.has(element)) {
    const now = Date.parse(element.dataset.now);
    offsets.set(element, Number.isNaN(now) ? 0 : now - performance.timeOrigin - arrival(element));
  }
  return offsets.get(element);
};
const arrival = (element) => element.dataset.arrived ? Number(element.dataset.arrived) : performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;

const clockText = (seconds) => {
  const hours = Math.floor(seconds / 3600);
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
};

const cellValues = (seconds) => ({
  days: Math.floor(seconds / 86400), hours: Math.floor(seconds / 3600) % 24, minutes: Math.floor(seconds / 60) % 60, seconds: seconds % 60,
});

const show = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

const showLeft = (element, seconds) => {
  if (element.dataset.countdown === "cells") {
    for (const [unit, value] of Object.entries(cellValues(seconds))) show(element.querySelector(`[data-unit="${unit}"]`), pad(value));
  } else show(element.querySelector("[data-clock]") ?? element, clockText(seconds));
  const frame = element.closest("[data-countdown-frame]") ?? element;
  if (seconds === 0) frame.dataset.state = "ended";
  else if (seconds <= Number(element.dataset.last ?? 30)) frame.dataset.state = "last";
};

const tick = () => {
  for (const element of document.querySelectorAll("[data-countdown]:not([data-done])")) {
    const seconds = Math.max(0, Math.ceil((Date.parse(element.getAttribute("datetime")) - Date.now() - offsetOf(element)) / 1000));
    showLeft(element, seconds);
    if (seconds > 0) continue;
    element.dataset.done = "";
    element.dispatchEvent(new CustomEvent("countdown:end", { bubbles: true }));
  }
};
tick();
setInterval(tick, 250);

/* A form says that it is busy and is not sent twice. */

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.getAttribute("aria-busy") === "true") { event.preventDefault(); event.stopImmediatePropagation(); return; }
  if (event.defaultPrevented || form.method === "dialog" || form.hasAttribute("data-not-busy")) return;
  form.setAttribute("aria-busy", "true");
  (event.submitter ?? form.querySelector("button:not([type=button])"))?.setAttribute("aria-busy", "true");
});

const rested = (root) => {
  for (const element of root.querySelectorAll("form[aria-busy], button[aria-busy]")) element.removeAttribute("aria-busy");
  if (root instanceof Element) root.removeAttribute("aria-busy");
};
document.addEventListener("htmx:afterRequest", (event) => rested(event.target));
addEventListener("pageshow", (event) => { if (event.persisted) rested(document); });

/* Fields: show a password, count up and down, send on change, preview a picture. */

on("click", "[data-reveal]", (event, button) => {
  const input = document.getElementById(button.dataset.reveal);
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
});

on("click", "[data-step]", (event, button) => {
  const input = button.parentElement.querySelector("input");
  if (Number(button.dataset.step) > 0) input.stepUp(); else input.stepDown();
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

on("change", "[data-send-on-change]", (event, field) => field.form?.requestSubmit());

const previewFile = (input) => {
  const drop = input.closest(".drop");
  const file = input.files[0];
  if (!drop) return;
  show(drop.querySelector(".drop__name"), file?.name ?? "");
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

const moveIn = (list, step) => {
  const rows = [...list.querySelectorAll("[data-row]")];
  const at = rows.findIndex((row) => row.contains(document.activeElement) || row.hasAttribute("data-current"));
  const row = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  for (const other of rows) other.toggleAttribute("data-current", other === row);
  (row?.querySelector("a, button, input") ?? row)?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const list = document.querySelector("[data-walk]");
  if (list && (event.key === "j" || event.key === "k")) moveIn(list, event.key === "j" ? 1 : -1);
  else {
    const target = [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === event.key && !element.disabled && element.checkVisibility());
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

/* What the page or a fragment brought with it. */

const arrived = (root) => {
  openArrived(root);
  for (const element of root.querySelectorAll("#toasts > .toast")) settle(element);
};
arrived(document);
document.addEventListener("htmx:load", (event) => {
  for (const element of event.target.querySelectorAll?.("[data-countdown]") ?? []) element.dataset.arrived ||= performance.now();
  openArrived(event.target.parentElement ?? document);
});
