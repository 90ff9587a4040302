// Asks again for every element with data-every (ms) as long as somebody looks at the page: <div data-every="2000"
// hx-get="…" hx-trigger="look">. Coming back to the page asks at once; a hidden page asks for nothing.

const STEP_MS = 250;
const asked = new WeakMap();

function look(force) {
  if (document.hidden) return;
  const now = Date.now();
  for (const element of document.querySelectorAll("[data-every]")) {
    const last = asked.get(element) ?? now;
    if (!asked.has(element)) asked.set(element, now);
    if (force || now - last >= Number(element.dataset.every)) {
      asked.set(element, now);
      window.htmx?.trigger(element, "look");
    }
  }
}

document.addEventListener("visibilitychange", () => look(true));
setInterval(() => look(false), STEP_MS);
