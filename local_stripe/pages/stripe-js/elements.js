// Elements: the fields in the shop's page, each a frame. https://docs.stripe.com/js/elements_object

const EVENTS = ["ready", "change", "focus", "blur", "loaderror"];
const DEFERRED = ["mode", "amount", "currency", "paymentMethodTypes", "setupFutureUsage"];
const APPEARANCE = {
  theme: ["stripe", "night"],
  variables: [
    "colorPrimary", "colorBackground", "colorText", "colorTextSecondary", "colorDanger", "borderRadius", "fontFamily",
    "fontSizeBase",
  ],
};

// What each element is: its page, its frame's title, its options, and the class of the frame's settings.
const ELEMENTS = {
  card: { page: "v3/card", title: "Secure card payment input frame", height: "1.5em", checked: checkedCard },
  payment: { page: "v3/payment", title: "Secure payment input frame", height: "15em", checked: checkedPayment },
};

const asking = new WeakMap(); // element -> what asks its frame
const groups = new WeakMap(); // elements object -> what stripe.confirmPayment needs of it

function elements(key, options) {
  const { locale, appearance = {}, clientSecret, ...deferred } = options;
  onlySpoken("stripe.elements(options)", options);
  onlyKnown("stripe.elements(options)", deferred, DEFERRED);
  checkAppearance(appearance);
  if (clientSecret && deferred.mode) misuse("elements() takes either a clientSecret or a mode");
  checkMode(deferred);
  const made = {}; // by type
  const group = { clientSecret, deferred, submitted: false, payment: () => made.payment };
  const settings = {
    card: () => ({ locale }),
    payment() {
      if (!clientSecret && !deferred.mode) misuse("a Payment Element needs elements({clientSecret}) or elements({mode, …})");
      return { key, clientSecret, locale, appearance, types: clientSecret ? undefined : deferred.paymentMethodTypes ?? ["card"] };
    },
  };
  const self = refusingOthers("elements", {
    create(type, options = {}) {
      if (!ELEMENTS[type]) notImplemented(`elements.create("${type}")`);
      if (made[type]) misuse(`one ${type} element at a time; destroy() the first`);
      made[type] = frameElement(type, settings[type](), options, () => { delete made[type]; });
      return made[type];
    },
    getElement: (type) => made[type] ?? null,
    async submit() {
      if (!made.payment) misuse("elements.submit() needs a Payment Element");
      const result = await asking.get(made.payment)({ wanted: "validate" });
      group.submitted = !result.error;
      return result;
    },
    update(changes) {
      onlyKnown("elements.update(options)", changes, ["amount", "currency", "mode", "setupFutureUsage"]);
      if (clientSecret) misuse("elements.update() is for elements without a clientSecret");
      Object.assign(deferred, changes);
    },
  });
  groups.set(self, group);
  return self;
}

/** An element; `onDestroy` is called when it is gone for good. */
function frameElement(type, fixed, options, onDestroy) {
  const { page, title, height, checked } = ELEMENTS[type];
  const listeners = Object.fromEntries(EVENTS.map((name) => [name, []]));
  let settings = { ...fixed, ...checked(options) };
  let container, frame, labels;

  const element = refusingOthers(type, {
    mount(where) {
      const target = typeof where === "string" ? document.querySelector(where) : where;
      if (!(target instanceof Element)) misuse(`no element to mount on: ${where}`);
      element.unmount();
      container = target;
      container.replaceChildren();
      warnOfOneOrigin();
      frame = openFrame(container, page, { title, settings, receive });
      frame.element.style.cssText = `display: block; width: 100%; height: ${height}; border: 0; color-scheme: light`;
      labels = new AbortController();
      for (const label of document.querySelectorAll("label[for]")) {
        if (label.htmlFor === container.id) label.addEventListener("click", element.focus, { signal: labels.signal });
      }
    },
    unmount() {
      if (!frame) return;
      labels.abort();
      frame.close();
      container.classList.remove(...Object.values(CLASSES));
      container = frame = labels = undefined;
    },
    destroy() {
      element.unmount();
      asking.delete(element);
      onDestroy();
    },
    update(options) {
      settings = { ...settings, ...checked(options) };
      frame?.tell({ type: "settings", settings });
    },
    on(name, listener) {
      if (!listeners[name]) notImplemented(`the ${type} element's event "${name}"`);
      listeners[name].push(listener);
      return element;
    },
    focus() {
      frame?.element.focus(); // the page hands the focus over, the frame gives it to a field
      frame?.tell({ type: "focus" });
    },
    blur: () => frame?.tell({ type: "blur" }),
    clear: () => frame?.tell({ type: "clear" }),
  });

  asking.set(element, (wanted) => {
    if (!frame) misuse(`the ${type} element is not mounted`);
    return frame.ask(wanted);
  });

  const receive = {
    event({ name, detail }) {
      showState(container.classList, name, detail);
      for (const listener of listeners[name]) listener({ elementType: type, ...detail });
    },
    height: ({ pixels }) => { frame.element.style.height = `${pixels}px`; },
    enter: () => container.closest("form")?.requestSubmit(),
  };
  return element;
}

function checkMode({ mode, amount, currency }) {
  if (!["payment", "setup", undefined].includes(mode)) notImplemented(`elements: mode "${mode}"`);
  if (mode === "payment" && !(amount > 0 && currency)) misuse('mode "payment" needs an amount and a currency');
}

function warnOfOneOrigin() {
  if (BASE.origin !== window.origin) return;
  // Behind jupyter-server-proxy everything has one origin, and the browser cannot keep things apart.
  console.warn("local Stripe.js: this page shares the local Stripe's origin and could read the card field");
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

const STYLE_PROPERTIES = [
  "color", "fontFamily", "fontSize", "fontSmoothing", "fontStyle", "fontWeight", "iconColor", "letterSpacing",
];

function checkedCard(options) {
  onlyKnown("the card element's options", options, ["style", "hidePostalCode", "disabled"]);
  const { style = {} } = options;
  onlyKnown("the card element's style", style, ["base", "invalid"]);
  for (const [name, { "::placeholder": placeholder = {}, ...properties }] of Object.entries(style)) {
    onlyKnown(`the card element's style.${name}`, properties, STYLE_PROPERTIES);
    onlyKnown(`the card element's style.${name}["::placeholder"]`, placeholder, ["color"]);
  }
  return options;
}

function checkedPayment(options) {
  onlyKnown("the payment element's options", options, ["layout", "defaultValues", "readOnly"]);
  const { layout = "tabs", defaultValues = {} } = options;
  if ((layout.type ?? layout) !== "tabs") notImplemented(`the payment element's layout "${layout.type ?? layout}"`);
  onlyKnown("the payment element's defaultValues", defaultValues, ["billingDetails"]);
  const { address = {}, ...known } = defaultValues.billingDetails ?? {};
  onlyKnown("the payment element's defaultValues.billingDetails", known, ["name"]);
  onlyKnown("the payment element's defaultValues.billingDetails.address", address, ["country", "postal_code"]);
  return options;
}

function checkAppearance(appearance) {
  onlyKnown("elements: appearance", appearance, Object.keys(APPEARANCE));
  const { theme = "stripe", variables = {} } = appearance;
  if (!APPEARANCE.theme.includes(theme)) notImplemented(`elements: appearance.theme "${theme}"`);
  onlyKnown("elements: appearance.variables", variables, APPEARANCE.variables);
}
