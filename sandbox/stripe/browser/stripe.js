// A stand-in of Stripe.js: the calls that a checkout page makes, with the card typed into a frame of another origin.
(() => {
  "use strict";

  const script = document.currentScript || document.querySelector('script[src*="/v3"]');
  const ORIGIN = new URL(script.src, document.baseURI).origin;

  const form = (fields, prefix = "") =>
    Object.entries(fields)
      .filter(([, value]) => value !== undefined && value !== null)
      .flatMap(([name, value]) => {
        const path = prefix ? `${prefix}[${name}]` : name;
        return typeof value === "object" ? form(value, path) : [`${encodeURIComponent(path)}=${encodeURIComponent(value)}`];
      });

  async function call(key, method, path, fields) {
    const body = form(fields).join("&");
    const headers = { authorization: `Bearer ${key}` };
    try {
      const answer = await (method === "GET"
        ? fetch(`${ORIGIN}${path}?${body}`, { headers })
        : fetch(`${ORIGIN}${path}`, { method, headers: { ...headers, "content-type": "application/x-www-form-urlencoded" }, body }));
      return await answer.json();
    } catch {
      return { error: { type: "api_connection_error", message: "We could not reach the payment service. Please try again." } };
    }
  }

  const FRENCH = {
    card_declined: "Votre carte a été refusée.",
    insufficient_funds: "Votre carte ne dispose pas de fonds suffisants.",
    expired_card: "Votre carte a expiré.",
    incorrect_cvc: "Le code de sécurité de votre carte est incorrect.",
    incorrect_number: "Le numéro de votre carte est incorrect.",
    processing_error: "Une erreur est survenue pendant le traitement de votre carte. Veuillez réessayer dans un instant.",
    payment_intent_authentication_failure: "Votre banque n’a pas pu confirmer que c’est bien vous. Veuillez choisir une autre carte.",
  };
  const inWords = (answer, french) => {
    const words = answer.error && french && (FRENCH[answer.error.decline_code] || FRENCH[answer.error.code]);
    return words ? { error: { ...answer.error, message: words } } : answer;
  };

  const intentOf = (secret) => String(secret).split("_secret_")[0];

  class Emitter {
    #listeners = new Map();
    on(name, listener) {
      this.#listeners.set(name, [...(this.#listeners.get(name) || []), listener]);
      return this;
    }
    once(name, listener) {
      const once = (event) => (this.off(name, once), listener(event));
      return this.on(name, once);
    }
    off(name, listener) {
      this.#listeners.set(name, listener ? (this.#listeners.get(name) || []).filter((one) => one !== listener) : []);
      return this;
    }
    emit(name, event) {
      for (const listener of this.#listeners.get(name) || []) listener(event);
    }
  }

  // The payment form. What is typed stays inside its frame; the page is told only whether it is complete.
  class PaymentElement extends Emitter {
    #frame = null;
    #port = null;
    #answers = new Map();
    #count = 0;

    constructor(elements, options) {
      super();
      this.elements = elements;
      this.options = options;
    }

    mount(target) {
      const place = typeof target === "string" ? document.querySelector(target) : target;
      if (!place) throw new Error(`The selector you specified (${target}) applies to no DOM elements that are currently on the page.`);
      this.unmount();
      const frame = document.createElement("iframe");
      frame.title = this.elements.french ? "Saisie sécurisée du paiement" : "Secure payment input frame";
      frame.name = "__privateStripeFrame";
      frame.setAttribute("allow", "payment *");
      Object.assign(frame.style, { width: "100%", height: "220px", border: "0", display: "block", colorScheme: this.elements.night ? "dark" : "light" });
      frame.addEventListener("load", () => this.#connect(frame));
      frame.src = `${ORIGIN}/v3/element.html`;
      place.replaceChildren(frame);
      this.#frame = frame;
    }

    #connect(frame) {
      const channel = new MessageChannel();
      this.#port = channel.port1;
      channel.port1.onmessage = ({ data }) => this.#heard(frame, data);
      frame.contentWindow.postMessage({ kind: "begin", ...this.elements.settings(), options: this.options }, ORIGIN, [channel.port2]);
    }

    #heard(frame, data) {
      if (data.kind === "height") frame.style.height = `${Math.ceil(data.height)}px`;
      else if (data.kind === "answer") {
        this.#answers.get(data.number)?.(data.answer);
        this.#answers.delete(data.number);
      } else this.emit(data.kind, { elementType: "payment", ...data.event });
    }

    ask(kind, question = {}) {
      if (!this.#port) return Promise.resolve({ error: { type: "validation_error", message: "The payment form is not on the page." } });
      const number = ++this.#count;
      return new Promise((resolve) => {
        this.#answers.set(number, resolve);
        this.#port.postMessage({ kind, number, ...question });
      });
    }

    tell(kind, words = {}) {
      this.#port?.postMessage({ kind, ...words });
    }

    update(options) {
      this.options = { ...this.options, ...options };
      this.tell("update", { options: this.options });
    }
    focus() {
      this.tell("focus");
    }
    clear() {
      this.tell("clear");
    }
    collapse() {}
    unmount() {
      this.#frame?.remove();
      this.#frame = this.#port = null;
    }
    destroy() {
      this.unmount();
      this.elements.forget(this);
    }
  }

  // Buttons of wallets, as many as the stand-in is told that the device has (settings: wallets).
  const WALLETS = { apple_pay: ["applePay", "Apple Pay"], google_pay: ["googlePay", "Google Pay"], link: ["link", "Link"] };

  const WALLET_CARD = { type: "card", allow_redisplay: "limited", card: { number: "4242424242424242", exp_month: 12, exp_year: 2034, cvc: "123" } };

  class ExpressCheckoutElement extends Emitter {
    #place = null;

    constructor(elements, options) {
      super();
      this.elements = elements;
      this.options = options;
      this.wallet = null;
    }

    async mount(target) {
      this.#place = typeof target === "string" ? document.querySelector(target) : target;
      const answer = await call(this.elements.key, "GET", "/v1/elements/wallets", {});
      const names = (answer.wallets || []).filter((name) => name in WALLETS);
      const buttons = names.map((name) => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: WALLETS[name][1] });
        Object.assign(button.style, { flex: "1", minHeight: `${this.options.buttonHeight || 44}px`, borderRadius: "12px", border: "0", background: "#000", color: "#fff", font: "600 16px system-ui" });
        button.addEventListener("click", () => this.#tapped(name));
        return button;
      });
      const row = document.createElement("div");
      Object.assign(row.style, { display: "flex", gap: "8px" });
      row.append(...buttons);
      this.#place?.replaceChildren(row);
      const available = Object.fromEntries(names.map((name) => [WALLETS[name][0], true]));
      this.emit("ready", { elementType: "expressCheckout", availablePaymentMethods: names.length ? available : undefined });
    }

    #tapped(name) {
      this.wallet = name;
      this.emit("click", { elementType: "expressCheckout", expressPaymentType: name, resolve: () => undefined, reject: () => undefined });
      this.emit("confirm", { elementType: "expressCheckout", expressPaymentType: name, paymentFailed: () => undefined });
    }

    unmount() {
      this.#place?.replaceChildren();
    }
    destroy() {
      this.unmount();
    }
  }

  class Elements {
    #element = null;
    #express = null;
    submitted = false;

    constructor(key, options) {
      this.key = key;
      this.options = options;
    }

    get french() {
      const locale = this.options.locale && this.options.locale !== "auto" ? this.options.locale : navigator.language;
      return locale.toLowerCase().startsWith("fr");
    }
    get night() {
      return this.options.appearance?.theme === "night";
    }

    settings() {
      const { clientSecret, customerSessionClientSecret, appearance = {}, mode, amount, currency } = this.options;
      return { key: this.key, clientSecret, customerSessionClientSecret, appearance, mode, amount, currency, language: this.french ? "fr" : "en" };
    }

    create(type, options = {}) {
      if (type === "expressCheckout") {
        if (this.#express) throw new Error("Can only create one Element of type expressCheckout.");
        this.#express = new ExpressCheckoutElement(this, options);
        return this.#express;
      }
      if (type !== "payment") throw new Error(`This stand-in has no ${type} element.`);
      if (this.#element) throw new Error("Can only create one Element of type payment.");
      this.#element = new PaymentElement(this, options);
      return this.#element;
    }
    getElement(type) {
      return { payment: this.#element, expressCheckout: this.#express }[type] ?? null;
    }
    forget() {
      this.#element = null;
    }
    update(options) {
      this.options = { ...this.options, ...options };
      this.#element?.tell("settings", this.settings());
    }
    async fetchUpdates() {
      this.#element?.tell("settings", this.settings());
      return {};
    }
    async submit() {
      const answer = this.#element ? await this.#element.ask("submit") : { error: { type: "validation_error", message: "No element." } };
      this.submitted = !answer.error;
      return answer;
    }
  }

  // The bank's question, on top of everything, in a frame of its own.
  function challenge(address, french) {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", french ? "Vérification par votre banque" : "Verification by your bank");
    Object.assign(dialog.style, {
      width: "min(400px, 100vw - 32px)",
      height: "min(480px, 100vh - 32px)",
      padding: "0",
      margin: "auto",
      border: "0",
      borderRadius: "12px",
      overflow: "hidden",
      background: "#fff",
      boxShadow: "0 20px 60px rgb(0 0 0 / .45), 0 0 0 100vmax rgb(0 0 0 / .45)",
    });
    const frame = document.createElement("iframe");
    frame.title = dialog.getAttribute("aria-label");
    frame.name = "__privateStripeChallenge";
    frame.src = address;
    Object.assign(frame.style, { width: "100%", height: "100%", border: "0", colorScheme: "light" });
    dialog.append(frame);
    document.body.append(dialog);
    return new Promise((resolve) => {
      const listen = (event) => {
        if (event.source !== frame.contentWindow || event.origin !== ORIGIN) return;
        if (event.data?.kind === "answered") end();
        if (event.data?.kind === "left") leave();
      };
      const end = () => {
        window.removeEventListener("message", listen);
        dialog.close();
        dialog.remove();
        resolve();
      };
      window.addEventListener("message", listen);
      const leave = async () => {
        const body = new URLSearchParams({ answer: "fail" });
        await fetch(address, { method: "POST", body, mode: "no-cors" }).catch(() => undefined);
        end();
      };
      dialog.addEventListener("cancel", (event) => (event.preventDefault(), leave()));
      dialog.showModal();
      frame.focus();
    });
  }

  function Stripe(key, settings = {}) {
    if (typeof key !== "string" || !key.startsWith("pk_")) throw new Error("Please call Stripe() with your publishable key.");

    const retrieve = async (clientSecret) => {
      const answer = await call(key, "GET", `/v1/payment_intents/${intentOf(clientSecret)}`, { client_secret: clientSecret });
      return answer.error ? answer : { paymentIntent: answer };
    };

    const next = async (clientSecret, paymentIntent, french) => {
      if (paymentIntent.status !== "requires_action") return { paymentIntent };
      await challenge(paymentIntent.next_action.use_stripe_sdk.stripe_js, french);
      const answer = await retrieve(clientSecret);
      const failed = answer.paymentIntent?.status === "requires_payment_method";
      return failed ? inWords({ error: { ...answer.paymentIntent.last_payment_error, payment_intent: answer.paymentIntent } }, french) : answer;
    };

    const finish = (answer, redirect, params) => {
      if (answer.error || redirect === "if_required") return answer;
      const address = new URL(params.return_url);
      address.searchParams.set("payment_intent", answer.paymentIntent.id);
      address.searchParams.set("payment_intent_client_secret", answer.paymentIntent.client_secret);
      address.searchParams.set("redirect_status", answer.paymentIntent.status === "succeeded" ? "succeeded" : "pending");
      window.location.assign(address);
      return new Promise(() => undefined);
    };

    return {
      elements: (options = {}) => new Elements(key, { locale: settings.locale, ...options }),
      createPaymentMethod: async () => ({ error: { type: "invalid_request_error", message: "Not in this stand-in." } }),
      retrievePaymentIntent: retrieve,

      async handleNextAction({ clientSecret }) {
        const answer = await retrieve(clientSecret);
        return answer.error ? answer : next(clientSecret, answer.paymentIntent, new Elements(key, settings).french);
      },

      async confirmPayment({ elements, clientSecret, confirmParams = {}, redirect = "always" }) {
        if (redirect === "always" && !confirmParams.return_url) throw new Error("confirmPayment(): confirmParams.return_url is needed.");
        const secret = clientSecret || elements?.options.clientSecret;
        if (elements && !elements.options.clientSecret && !elements.submitted) {
          return { error: { type: "validation_error", message: "elements.submit() must be called before stripe.confirmPayment()." } };
        }
        const express = elements?.getElement("expressCheckout");
        const wallet = express?.wallet;
        if (wallet) express.wallet = null;
        const element = elements?.getElement("payment");
        const answer = wallet
          ? await call(key, "POST", `/v1/payment_intents/${intentOf(secret)}/confirm`, {
              ...confirmParams, client_secret: secret, use_stripe_sdk: true, payment_method_data: WALLET_CARD,
            })
          : element
          ? await element.ask("confirm", { clientSecret: secret, confirmParams })
          : await call(key, "POST", `/v1/payment_intents/${intentOf(secret)}/confirm`, { ...confirmParams, client_secret: secret });
        const french = elements ? elements.french : false;
        if (answer.error) return inWords({ error: answer.error }, french);
        return finish(await next(secret, answer.paymentIntent || answer, french), redirect, confirmParams);
      },
    };
  }

  Stripe.version = 3;
  window.Stripe = Stripe;
})();
