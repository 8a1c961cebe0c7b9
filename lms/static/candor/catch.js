// A report is kept on the device as it is typed, until its receipt is there. What is kept belongs to the account that
// typed it: it is offered to that account only, and to nobody without a tap. After a week it is dropped, whoever's it is.

const KEPT = "candor-catch";
const LASTS = 7 * 24 * 3600 * 1000;
const form = document.querySelector("[data-catch]");
const received = document.querySelector("[data-received]");

const place = (account, draft) => `${KEPT}:${account}:${draft}`;

function drafts(account) {
  const found = [];
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(`${KEPT}:`))) {
    const draft = JSON.parse(localStorage.getItem(key));
    if (Date.now() - draft.at > LASTS) localStorage.removeItem(key);
    else if (key.startsWith(place(account, ""))) found.push({ ...draft, key });
  }
  return found.sort((one, other) => other.at - one.at);
}

if (received) {
  localStorage.removeItem(place(received.dataset.account, received.dataset.received));
}

if (form) {
  const account = form.dataset.catch;
  const offer = document.querySelector("[data-offer]");
  const unsent = document.querySelector("[data-unsent]");
  const kept = document.querySelector("[data-kept]");
  const own = () => place(account, form.elements.draft.value);
  const fields = () => [...form.elements].filter((field) => field.name && !["csrf_token", "draft", "no_patient"].includes(field.name));

  const keep = () => {
    const values = {};
    for (const field of fields()) {
      if (field.type !== "radio" || field.checked) values[field.name] = field.value;
    }
    localStorage.setItem(own(), JSON.stringify({ at: Date.now(), values }));
    kept.hidden = false;
  };

  const put = (values) => {
    for (const field of fields()) {
      if (!(field.name in values)) continue;
      if (field.type === "radio") field.checked = field.value === values[field.name];
      else field.value = values[field.name];
    }
  };

  const waiting = drafts(account).find((draft) => draft.key !== own());
  if (waiting) {
    offer.hidden = false;
    offer.querySelector("[data-since]").textContent = new Date(waiting.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    offer.querySelector("[data-continue]").addEventListener("click", () => {
      localStorage.removeItem(own());
      form.elements.draft.value = waiting.key.split(":")[2];
      put(waiting.values);
      offer.hidden = true;
      kept.hidden = false;
      form.elements.description.focus();
    });
    offer.querySelector("[data-discard]").addEventListener("click", () => {
      localStorage.removeItem(waiting.key);
      offer.hidden = true;
      form.elements.description.focus();
    });
  }

  form.addEventListener("input", keep);
  window.addEventListener("online", () => {
    unsent.querySelector("[data-still]").hidden = true;
    unsent.querySelector("[data-back]").hidden = false;
  });

  // Ask first whether the server is there: a form that is sent into nothing takes its page with it.
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    keep();
    try {
      await fetch("/health", { cache: "no-store" });
    } catch {
      unsent.querySelector("[data-still]").hidden = false;
      unsent.querySelector("[data-back]").hidden = true;
      unsent.hidden = false;
      unsent.focus();
      return;
    }
    form.submit();
  });
}
