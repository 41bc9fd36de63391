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

/* Sharing: the system's sheet where there is one, else the address is copied. */

on("click", "[data-share]", async (event, button) => {
  const url = new URL(button.dataset.share, location.href).href;
  if (navigator.share) await navigator.share({ title: document.title, url }).catch(() => {});
  else { await navigator.clipboard?.writeText(url); button.dataset.copied = ""; setTimeout(() => delete button.dataset.copied, 2000); }
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

/* Fields: count up and down, send on change. */

on("click", "[data-step]", (event, button) => {
  const input = button.parentElement.querySelector("input");
  if (Number(button.dataset.step) > 0) input.stepUp(); else input.stepDown();
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

on("change", "[data-send-on-change]", (event, field) => field.form?.requestSubmit());

/* What the page or a fragment brought with it; behaviours that few need are fetched with the piece that needs them. */

const bring = (element, tries = 0) => import(element.dataset.module + (tries ? `?${tries}` : ""))
  .catch(() => setTimeout(() => element.isConnected && bring(element, tries + 1), 3000));  // one that failed stays failed under its name

/* A form that came back: lead to the first field that is wrong, or to the list of them; the button that sent it may be far below. */
const putRight = (root) => {
  const list = root.matches?.(".form-errors") ? root : root.querySelector?.(".form-errors");
  const wrong = [...list?.querySelectorAll("a[href^='#']") ?? []].map((link) => document.querySelector(link.hash)).filter(Boolean);
  wrong.sort((one, other) => (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  (wrong[0] ?? list)?.focus();
};

const arrived = (root) => {
  openArrived(root);
  for (const element of root.querySelectorAll("[data-module]")) bring(element);
  for (const element of root.querySelectorAll("#toasts > .toast")) settle(element);
};
arrived(document);
document.addEventListener("htmx:load", (event) => {
  for (const element of event.target.querySelectorAll?.("[data-countdown]") ?? []) element.dataset.arrived ||= performance.now();
  const place = event.target.parentElement ?? document;
  openArrived(place);
  putRight(event.target);
  for (const element of place.querySelectorAll("[data-module]")) bring(element);
});
