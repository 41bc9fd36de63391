// The inside of the payment form: cards that are kept, a new card, and the call that confirms a payment with it.
"use strict";

const TEXTS = {
  en: {
    saved: "Payment method", number: "Card number", expiry: "Expiration date", cvc: "Security code", expiryHint: "MM / YY",
    save: "Save this card for my next purchases", note: "Test payment: no money moves.", fresh: "New card", ends: "ending in",
    expires: "expires", remove: "Remove", removeCard: (card) => `Remove ${card}`,
    incomplete_number: "Your card number is incomplete.", invalid_number: "Your card number is invalid.",
    incomplete_expiry: "Your card's expiration date is incomplete.", invalid_expiry_year_past: "Your card's expiration year is in the past.",
    incomplete_cvc: "Your card's security code is incomplete.", offline: "We could not reach the payment service. Please try again.",
  },
  fr: {
    saved: "Moyen de paiement", number: "Numéro de carte", expiry: "Date d’expiration", cvc: "Code de sécurité", expiryHint: "MM / AA",
    save: "Enregistrer cette carte pour mes prochains achats", note: "Paiement de test : aucun argent ne circule.", fresh: "Nouvelle carte", ends: "se terminant par",
    expires: "expire le", remove: "Retirer", removeCard: (card) => `Retirer ${card}`,
    incomplete_number: "Le numéro de votre carte est incomplet.", invalid_number: "Le numéro de votre carte n’est pas valide.",
    incomplete_expiry: "La date d’expiration de votre carte est incomplète.", invalid_expiry_year_past: "Votre carte a expiré.",
    incomplete_cvc: "Le code de sécurité de votre carte est incomplet.", offline: "Le service de paiement ne répond pas. Veuillez réessayer.",
  },
};
const NAMES = { visa: "Visa", mastercard: "Mastercard", amex: "American Express" };
const FIELDS = ["number", "expiry", "cvc"];

const $ = (id) => document.getElementById(id);
let settings = {};
let session = { cards: [], may_save: false, may_remove: false, save_usage: null };
let port = null;
let text = TEXTS.en;

window.addEventListener("message", (event) => {
  if (event.source !== window.parent || event.data?.kind !== "begin" || port) return;
  port = event.ports[0];
  port.onmessage = ({ data }) => heard(data);
  begin(event.data);
});

async function heard(data) {
  if (data.kind === "submit") answer(data.number, submit());
  else if (data.kind === "confirm") answer(data.number, await confirm(data));
  else if (data.kind === "settings") await begin({ ...settings, ...data });
  else if (data.kind === "focus") (document.querySelector("input[name=choice]:checked") || $("number")).focus();
  else if (data.kind === "clear") clear();
}

const tell = (kind, event = {}) => port.postMessage({ kind, event });
const answer = (number, words) => port.postMessage({ kind: "answer", number, answer: words });

async function begin(wanted) {
  settings = wanted;
  text = TEXTS[settings.language] || TEXTS.en;
  document.documentElement.lang = settings.language;
  dress(settings.appearance);
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = text[place.dataset.text];
  $("expiry").placeholder = text.expiryHint;
  const { clientSecret: client_secret, customerSessionClientSecret: customer_session_client_secret } = settings;
  const opened = await post("/v1/elements/sessions", { client_secret, customer_session_client_secret });
  if (opened.error) tell("loaderror", { error: opened.error });
  else session = opened;
  draw();
  new ResizeObserver(measure).observe(document.body);
  tell("ready");
  changed();
}

function dress(appearance) {
  const root = document.documentElement;
  root.classList.toggle("night", appearance.theme === "night");
  for (const [name, value] of Object.entries(appearance.variables || {})) root.style.setProperty(`--${name}`, value);
}

function draw() {
  $("saved").hidden = session.cards.length === 0;
  $("save-row").hidden = !session.may_save;
  const rows = session.cards.map((kept, index) => choice(kept, index === 0));
  $("cards").replaceChildren(...rows, choice(null, rows.length === 0));
  chosen();
}

function choice(kept, checked) {
  const row = document.createElement("div");
  row.className = "choice";
  const label = document.createElement("label");
  const radio = Object.assign(document.createElement("input"), { type: "radio", name: "choice", value: kept ? kept.id : "", checked });
  radio.addEventListener("change", () => (chosen(), changed()));
  label.append(radio);
  if (kept) {
    const { brand, last4, exp_month, exp_year } = kept.card;
    const name = `${NAMES[brand] || brand} •••• ${last4}`;
    const words = document.createElement("span");
    words.textContent = name;
    const when = document.createElement("small");
    when.textContent = `${text.expires} ${String(exp_month).padStart(2, "0")}/${String(exp_year).slice(-2)}`;
    label.append(words, when);
    row.append(label);
    if (session.may_remove) row.append(remover(kept, name));
  } else {
    label.append(text.fresh);
    row.append(label);
  }
  return row;
}

function remover(kept, name) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: text.remove });
  button.setAttribute("aria-label", text.removeCard(name));
  button.addEventListener("click", async () => {
    const { customerSessionClientSecret: customer_session_client_secret } = settings;
    const gone = await post("/v1/elements/forget", { payment_method: kept.id, customer_session_client_secret });
    if (gone.error) return;
    session.cards = session.cards.filter((card) => card.id !== kept.id);
    draw();
    changed();
    (document.querySelector("input[name=choice]:checked") || $("number")).focus();
  });
  return button;
}

const keptCard = () => document.querySelector("input[name=choice]:checked")?.value || "";

function chosen() {
  $("fields").hidden = keptCard() !== "";
  measure();
}

const measure = () => port?.postMessage({ kind: "height", height: $("form").getBoundingClientRect().height + 12 });
const digits = (id) => $(id).value.replace(/\D/g, "");
const brandOf = (number) => (/^4/.test(number) ? "visa" : /^(5[1-5]|2[2-7])/.test(number) ? "mastercard" : /^3[47]/.test(number) ? "amex" : "");

function luhn(number) {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

function expiry() {
  const typed = digits("expiry");
  return { month: Number(typed.slice(0, 2)), year: 2000 + Number(typed.slice(2, 4)), complete: typed.length === 4 };
}

function wrong(id) {
  if (id === "number") {
    const number = digits("number");
    if (number.length < (brandOf(number) === "amex" ? 15 : 16)) return "incomplete_number";
    return luhn(number) ? "" : "invalid_number";
  }
  if (id === "cvc") return digits("cvc").length < (brandOf(digits("number")) === "amex" ? 4 : 3) ? "incomplete_cvc" : "";
  const { month, year, complete } = expiry();
  if (!complete || month < 1 || month > 12) return "incomplete_expiry";
  const now = new Date();
  return year < now.getFullYear() || (year === now.getFullYear() && month < now.getMonth() + 1) ? "invalid_expiry_year_past" : "";
}

function show(id, code) {
  $(id).setAttribute("aria-invalid", code ? "true" : "false");
  $(`${id}-error`).textContent = code ? text[code] : "";
  measure();
}

function submit() {
  if (keptCard()) return { selectedPaymentMethod: "card" };
  const codes = FIELDS.map((id) => [id, wrong(id)]);
  for (const [id, code] of codes) show(id, code);
  const first = codes.find(([, code]) => code);
  if (!first) return { selectedPaymentMethod: "card" };
  $(first[0]).focus();
  return { error: { type: "validation_error", code: first[1], message: text[first[1]] } };
}

async function confirm({ clientSecret, confirmParams }) {
  const checked = submit();
  if (checked.error) return checked;
  const { payment_method_data: extra = {}, ...params } = confirmParams;
  const kept = keptCard();
  const save = !kept && session.may_save && $("save").checked;
  const { month, year } = expiry();
  const method = kept
    ? { payment_method: kept }
    : {
        payment_method_data: {
          ...extra,
          type: "card",
          allow_redisplay: !session.may_save ? "unspecified" : save ? "always" : "limited",
          card: { number: digits("number"), exp_month: month, exp_year: year, cvc: digits("cvc") },
        },
      };
  const usage = save && session.save_usage ? { setup_future_usage: session.save_usage } : {};
  const id = clientSecret.split("_secret_")[0];
  const sent = await post(`/v1/payment_intents/${id}/confirm`, { ...params, ...method, ...usage, client_secret: clientSecret, use_stripe_sdk: true });
  return sent.error ? { error: sent.error } : { paymentIntent: sent };
}

function encode(fields, prefix = "") {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .flatMap(([name, value]) => {
      const path = prefix ? `${prefix}[${name}]` : name;
      return typeof value === "object" ? encode(value, path) : [`${encodeURIComponent(path)}=${encodeURIComponent(value)}`];
    });
}

async function post(path, fields) {
  try {
    const headers = { authorization: `Bearer ${settings.key}`, "content-type": "application/x-www-form-urlencoded" };
    return await (await fetch(path, { method: "POST", headers, body: encode(fields).join("&") })).json();
  } catch {
    return { error: { type: "api_connection_error", message: text.offline } };
  }
}

function changed() {
  const complete = keptCard() !== "" || FIELDS.every((id) => wrong(id) === "");
  const empty = keptCard() === "" && FIELDS.every((id) => $(id).value === "");
  tell("change", { complete, empty, collapsed: false, value: { type: "card" } });
}

function clear() {
  for (const id of FIELDS) {
    $(id).value = "";
    show(id, "");
  }
  changed();
}

const formats = {
  number: (typed) => (brandOf(typed) === "amex" ? typed.slice(0, 15).replace(/^(.{4})(.{0,6})(.{0,5}).*/, "$1 $2 $3").trim() : typed.slice(0, 16).replace(/(.{4})(?=.)/g, "$1 ")),
  expiry: (typed) => {
    const padded = /^[2-9]/.test(typed) ? `0${typed}` : typed;
    return padded.length > 2 ? `${padded.slice(0, 2)} / ${padded.slice(2, 4)}` : padded;
  },
  cvc: (typed) => typed.slice(0, 4),
};

for (const id of FIELDS) {
  $(id).addEventListener("input", () => {
    $(id).value = formats[id](digits(id));
    $("brand").textContent = NAMES[brandOf(digits("number"))] || "";
    if ($(id).getAttribute("aria-invalid") === "true") show(id, wrong(id));
    changed();
  });
  $(id).addEventListener("blur", () => {
    if ($(id).value !== "") show(id, wrong(id));
    tell("blur");
  });
  $(id).addEventListener("focus", () => tell("focus"));
}
$("form").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => event.key === "Escape" && port && tell("escape"));
