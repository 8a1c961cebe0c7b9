// What every page shares: theme switch, "/" for search, focus on errors, the warning before a session ends.

const root = document.documentElement;

document.querySelectorAll("[data-theme-switch]").forEach((button) => {
  button.addEventListener("click", () => {
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    localStorage.setItem("candor-theme", root.dataset.bsTheme);
  });
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

document.querySelector("[data-focus]")?.focus();

// htmx sends the form token with every request it makes
document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
});

// The content is skipped to without a mark in the address: a form sent from there would take it along, and the page that
// answers would put the focus there and not on what it has to say.
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelector("#main").focus();
});

// A page that waits loads itself anew once what it waits for is there: who has typed something is left to finish it,
// and the focus finds its place again.
const placeOf = (element) => {
  if (element === document.body) return "";
  if (element.id) return `#${CSS.escape(element.id)}`;
  const address = element.getAttribute("href");
  return address ? `a[href="${CSS.escape(address)}"]` : "#main";
};
document.body.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.getResponseHeader("HX-Refresh") !== "true") return;
  const fields = [...document.querySelectorAll("main input, main textarea")];
  if (fields.some((field) => field.value !== field.defaultValue)) event.preventDefault();
  else sessionStorage.setItem("candor-focus", placeOf(document.activeElement));
});
const before = sessionStorage.getItem("candor-focus");
sessionStorage.removeItem("candor-focus");
if (before) document.querySelector(before)?.focus();

// A form is sent once: a second click on the same button does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 5000);
});

// One minute before the session ends: ask, and stay by one click. The server keeps the time; this is only a courtesy.
const warning = document.querySelector(".session-end");
if (warning) {
  const idle = Number(warning.dataset.idleMinutes) * 60000;
  let timer;
  const restart = () => {
    clearTimeout(timer);
    warning.hidden = true;
    timer = setTimeout(() => {
      warning.hidden = false;
      warning.querySelector("[data-stay]").focus();
    }, Math.max(idle - 60000, 5000));
  };
  warning.querySelector("[data-stay]").addEventListener("click", async () => {
    await fetch("/health?stay=1", { headers: { Accept: "application/json" } });
    restart();
  });
  restart();
}
