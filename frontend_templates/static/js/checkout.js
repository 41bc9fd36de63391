// The payment form: Stripe's fields inside our page. It confirms with Stripe, then asks our server; what it believes does not count.
// The form brings this file with it (data-module).

const loaded = new Map();

const load = (address) => {
  if (!loaded.has(address)) {
    loaded.set(address, new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: address, onload: resolve, onerror: () => { loaded.delete(address); script.remove(); reject(); } });
      document.head.append(script);
    }));
  }
  return loaded.get(address);
};

/* Stripe wants rgb, not OKLCH: a pixel translates. */

const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });

const colour = (element, token) => {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  element.append(probe);
  pixel.fillStyle = getComputedStyle(probe).color;
  probe.remove();
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
};

const isDark = (form) => {
  const [red, green, blue] = colour(form, "--surface").match(/\d+/g).map(Number);
  return red + green + blue < 3 * 128;
};

const look = (form) => ({
  theme: isDark(form) ? "night" : "stripe",
  variables: {
    colorPrimary: colour(form, "--accent"),
    colorBackground: colour(form, "--surface-raised"),
    colorText: colour(form, "--text"),
    colorTextSecondary: colour(form, "--text-muted"),
    colorDanger: colour(form, "--ruby-ink"),
    fontFamily: "Instrument Sans, system-ui, sans-serif",
    fontSizeBase: "16px",
    borderRadius: "12px",
  },
});

const say = (form, text = "") => {
  const line = form.querySelector("[data-payment-error]");
  line.hidden = !text;
  line.querySelector("span").textContent = text;
};

const busy = (form, state) => {
  const button = form.querySelector("[data-payment-button]");
  const label = button.querySelector(".btn__label");
  label.dataset.rest ??= label.textContent;
  label.textContent = state ? button.dataset.busy : label.dataset.rest;
  button.ariaBusy = state ? "true" : null;
  button.disabled = state;
};

const ask = (form) => window.htmx.ajax("POST", form.dataset.confirmed, { source: form, target: "#checkout-body" });

const pay = async (form, stripe, elements) => {
  say(form, "");
  busy(form, true);
  try {
    const { error } = await stripe.confirmPayment({
      elements,
      confirmParams: { return_url: new URL(form.dataset.return, location.href).href },
      redirect: "if_required",
    });
    if (error && error.code !== "payment_intent_unexpected_state") {
      say(form, error.message);
      busy(form, false);
      return;
    }
    await ask(form);
  } catch {
    await ask(form);  // the answer was lost
  }
};

/* A modal sheet would lie over the bank's question. */

const unlock = (sheet) => {
  if (!sheet?.matches(":modal")) return;
  sheet.close();
  sheet.show();
  sheet.addEventListener("keydown", (event) => { if (event.key === "Escape") sheet.close(); });
};

/* Wallets of the device, where there are some. */

const express = (form, stripe, elements) => {
  const place = form.querySelector("[data-express]");
  const element = elements.create("expressCheckout", { buttonHeight: 48 });
  element.on("ready", ({ availablePaymentMethods }) => { place.dataset.express = availablePaymentMethods ? "" : "none"; });
  element.on("confirm", () => pay(form, stripe, elements));
  element.mount(place.querySelector("div"));
};

const mount = async (form) => {
  if (form.dataset.mounted) return;
  form.dataset.mounted = "";
  unlock(form.closest("dialog"));
  try {
    await load(form.dataset.script);
  } catch {
    delete form.dataset.mounted;
    setTimeout(() => form.isConnected && mount(form), 3000);
    return;
  }
  const stripe = window.Stripe(form.dataset.key, { locale: form.dataset.locale });
  const elements = stripe.elements({
    clientSecret: form.dataset.secret,
    customerSessionClientSecret: form.dataset.session || undefined,
    appearance: look(form),
  });
  const element = elements.create("payment", { layout: "tabs" });
  express(form, stripe, elements);
  const place = form.querySelector("[data-payment-element]");
  element.on("ready", () => { form.querySelector("[data-payment-button]").disabled = false; });
  element.on("loaderror", ({ error }) => say(form, error?.message));
  place.replaceChildren();
  element.mount(place);
  form.addEventListener("submit", (event) => { event.preventDefault(); pay(form, stripe, elements); });
};

const mountAll = (root) => {
  if (root.matches?.("[data-payment]")) mount(root);
  for (const form of root.querySelectorAll?.("[data-payment]") ?? []) mount(form);
};

mountAll(document);
document.addEventListener("htmx:load", (event) => mountAll(event.target));
