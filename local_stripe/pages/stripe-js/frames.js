// Frames of the local Stripe in the shop's page, and the private line to each.

const SCRIPT = new URL(document.currentScript.src);
const BASE = new URL(SCRIPT.pathname.replace(/(v3\/?|stripe\.js)$/, ""), SCRIPT);

/** A frame in the container, with {tell, ask, element, close}; what it says goes to `receive` by type. */
function openFrame(container, page, { title, settings, receive }) {
  const answers = new Map(); // number of a question -> what settles its promise
  let questions = 0;
  const element = document.createElement("iframe");
  element.title = title;
  element.src = `${new URL(page, BASE)}#${window.origin}`;
  container.append(element);
  const line = connect(element, settings);
  const all = {
    ...receive,
    answer({ question, result }) {
      answers.get(question)?.(result);
      answers.delete(question);
    },
  };
  line.onmessage = ({ data }) => all[data.type](data);
  return {
    element,
    tell: (message) => line.postMessage(message),
    ask: (wanted) => new Promise((settle) => {
      answers.set(++questions, settle);
      line.postMessage({ ...wanted, type: "ask", question: questions });
    }),
    close() {
      line.close();
      element.remove();
      for (const settle of answers.values()) settle({ error: connectionError("the field was unmounted") });
    },
  };
}

/** A private line to the frame: messages wait in it until the frame has loaded. */
function connect(frame, settings) {
  const { port1, port2 } = new MessageChannel();
  const open = () => frame.contentWindow.postMessage(settings, BASE.origin, [port2]);
  frame.addEventListener("load", open, { once: true });
  return port1;
}

/** The hidden frame that calls the API, opened when it is first needed: `ask({wanted, …})`. */
function controllerFor(settings) {
  let frame;
  return (wanted) => {
    if (!frame) {
      const box = document.createElement("div");
      box.hidden = true;
      document.body.append(box);
      frame = openFrame(box, "v3/controller", { title: "Stripe.js", settings, receive: {} });
    }
    return frame.ask(wanted);
  };
}

function connectionError(message) {
  return { type: "api_connection_error", message };
}
