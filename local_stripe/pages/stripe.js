// The local Stripe's Stripe.js: the half that runs in the shop's page.
//
// It puts an iframe of the local Stripe into the page and passes messages. The card's number is typed
// into that iframe (card.js) and never leaves it but for the local Stripe's API: another origin, which
// the browser does not let this page read. Names, events and results are those of
// https://docs.stripe.com/js; what is missing throws an Error that says so.
(() => {
  "use strict";

  const SCRIPT = new URL(document.currentScript.src);
  const CARD_FIELD = new URL(SCRIPT.pathname.replace(/(v3\/?|stripe\.js)$/, "v3/card"), SCRIPT);

  const EVENTS = ["ready", "change", "focus", "blur"];
  const ELEMENT_OPTIONS = ["style", "hidePostalCode", "disabled"];
  const STYLES = ["base", "invalid"];
  const STYLE_PROPERTIES = [
    "color", "fontFamily", "fontSize", "fontSmoothing", "fontStyle", "fontWeight", "iconColor", "letterSpacing",
  ];
  const TOKEN_FIELDS = [
    "name", "address_line1", "address_line2", "address_city", "address_state", "address_zip",
    "address_country",
  ];

  const asking = new WeakMap(); // card element -> what asks its iframe to create something

  window.Stripe = function Stripe(key, options = {}) {
    if (!/^pk_test_\w+$/.test(key)) {
      throw new Error("local Stripe.js: call Stripe() with a publishable test key, pk_test_…");
    }
    onlyEnglish("Stripe(key, options)", options);
    return refusingOthers("stripe", {
      elements(options = {}) {
        onlyEnglish("stripe.elements(options)", options);
        return elements();
      },
      createToken(card, data = {}) {
        onlyKnown("stripe.createToken data", data, TOKEN_FIELDS);
        return ask(card, "stripe.createToken", { create: "token", key, fields: { card: data } });
      },
      createPaymentMethod(wanted, ...others) {
        if (wanted?.type !== "card" || others.length) {
          notImplemented("stripe.createPaymentMethod(…) but for {type: \"card\", card}");
        }
        const { type, card, ...fields } = wanted;
        onlyKnown("stripe.createPaymentMethod", fields, ["billing_details", "metadata"]);
        return ask(card, "stripe.createPaymentMethod", { create: "paymentMethod", key, fields: { type, ...fields } });
      },
    });
  };

  function elements() {
    let card = null;
    return refusingOthers("elements", {
      create(type, options = {}) {
        if (type !== "card") notImplemented(`elements.create("${type}")`);
        if (card) throw new Error("local Stripe.js: one card element at a time; destroy() the first");
        card = cardElement(options, () => { card = null; });
        return card;
      },
      getElement: (type) => (type === "card" ? card : null),
    });
  }

  /** A card element; `onDestroy` is called when it is gone for good. */
  function cardElement(options, onDestroy) {
    const listeners = Object.fromEntries(EVENTS.map((name) => [name, []]));
    const answers = new Map(); // number of a question -> what settles its promise
    let questions = 0;
    let settings = checked(options);
    let container, frame, port, labels;

    const element = refusingOthers("card", {
      mount(where) {
        const target = typeof where === "string" ? document.querySelector(where) : where;
        if (!(target instanceof Element)) throw new Error(`local Stripe.js: no element to mount on: ${where}`);
        element.unmount();
        container = target;
        frame = cardFrame(container);
        port = connect(frame, settings);
        port.onmessage = ({ data }) => receive[data.type](data);
        labels = new AbortController();
        for (const label of document.querySelectorAll("label[for]")) {
          if (label.htmlFor === container.id) label.addEventListener("click", element.focus, { signal: labels.signal });
        }
      },
      unmount() {
        if (!frame) return;
        port.close();
        labels.abort();
        frame.remove();
        container.classList.remove(...Object.values(CLASSES));
        for (const settle of answers.values()) settle({ error: connectionError("the card field was unmounted") });
        answers.clear();
        container = frame = port = labels = undefined;
      },
      destroy() {
        element.unmount();
        asking.delete(element);
        onDestroy();
      },
      update(options) {
        settings = { ...settings, ...checked(options) };
        tell({ type: "settings", settings });
      },
      on(name, listener) {
        if (!listeners[name]) notImplemented(`the card element's event "${name}"`);
        listeners[name].push(listener);
        return element;
      },
      focus() {
        frame?.focus(); // the page hands the focus over, the frame gives it to a field
        tell({ type: "focus" });
      },
      blur: () => tell({ type: "blur" }),
      clear: () => tell({ type: "clear" }),
    });

    asking.set(element, (wanted) => {
      if (!port) throw new Error("local Stripe.js: the card element is not mounted");
      return new Promise((settle) => {
        answers.set(++questions, settle);
        tell({ type: "create", question: questions, ...wanted });
      });
    });

    const receive = {
      event({ name, detail }) {
        showState(container.classList, name, detail);
        for (const listener of listeners[name]) listener({ elementType: "card", ...detail });
      },
      answer({ question, result }) {
        answers.get(question)?.(result);
        answers.delete(question);
      },
      height: ({ pixels }) => { frame.style.height = `${pixels}px`; },
      enter: () => container.closest("form")?.requestSubmit(),
    };

    const tell = (message) => port?.postMessage(message);
    return element;
  }

  /** The iframe that holds the card's number. */
  function cardFrame(container) {
    if (CARD_FIELD.origin === window.origin) {
      // Behind jupyter-server-proxy everything has one origin, and the browser cannot keep things apart.
      console.warn("local Stripe.js: this page shares the local Stripe's origin and could read the card field");
    }
    const frame = document.createElement("iframe");
    frame.title = "Secure card payment input frame";
    frame.src = `${CARD_FIELD}#${window.origin}`;
    frame.style.cssText = "display: block; width: 100%; height: 1.5em; border: 0; color-scheme: light";
    container.replaceChildren(frame);
    return frame;
  }

  /** A private line to the frame: messages wait in it until the frame has loaded. */
  function connect(frame, settings) {
    const { port1, port2 } = new MessageChannel();
    const open = () => frame.contentWindow.postMessage(settings, CARD_FIELD.origin, [port2]);
    frame.addEventListener("load", open, { once: true });
    return port1;
  }

  // The classes a shop's style sheet knows: https://docs.stripe.com/js/element/the_element_container
  const CLASSES = {
    element: "StripeElement", focus: "StripeElement--focus", invalid: "StripeElement--invalid",
    complete: "StripeElement--complete", empty: "StripeElement--empty",
  };

  function showState(classes, event, { complete, empty, error }) {
    classes.add(CLASSES.element);
    if (event === "ready") classes.add(CLASSES.empty);
    if (event === "focus" || event === "blur") classes.toggle(CLASSES.focus, event === "focus");
    if (event !== "change") return;
    classes.toggle(CLASSES.invalid, Boolean(error));
    classes.toggle(CLASSES.complete, complete);
    classes.toggle(CLASSES.empty, empty);
  }

  function ask(card, call, wanted) {
    if (!asking.has(card)) notImplemented(`${call}(…) without a card element`);
    return asking.get(card)(wanted);
  }

  function checked(options) {
    onlyKnown("the card element's options", options, ELEMENT_OPTIONS);
    const { style = {} } = options;
    onlyKnown("the card element's style", style, STYLES);
    for (const [name, { "::placeholder": placeholder = {}, ...properties }] of Object.entries(style)) {
      onlyKnown(`the card element's style.${name}`, properties, STYLE_PROPERTIES);
      onlyKnown(`the card element's style.${name}["::placeholder"]`, placeholder, ["color"]);
    }
    return options;
  }

  function onlyEnglish(call, options) {
    onlyKnown(call, options, ["locale"]);
    if (!["auto", "en", undefined].includes(options.locale)) notImplemented(`${call}: locale "${options.locale}"`);
  }

  function onlyKnown(call, given, names) {
    const other = Object.keys(given).find((name) => given[name] !== undefined && !names.includes(name));
    if (other !== undefined) notImplemented(`${call}: ${other}`);
  }

  /** The object, with a method that throws by name in place of each that is not there. */
  function refusingOthers(name, object) {
    const silent = (key) => typeof key !== "string" || key === "then" || key === "toJSON";
    return new Proxy(object, {
      get: (target, key) => (key in target || silent(key) ? target[key] : () => notImplemented(`${name}.${key}()`)),
    });
  }

  function notImplemented(what) {
    throw new Error(`local Stripe.js does not implement ${what}`);
  }

  function connectionError(message) {
    return { type: "api_connection_error", message };
  }
})();
