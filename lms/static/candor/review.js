// One side of a review: what is typed is kept on the server as a draft and tried again until the server has it.

const form = document.querySelector("form[data-keeps]");
const shown = document.querySelectorAll("[data-kept-state]");
let sequence = form ? Number(form.dataset.sequence) : 0;
let changed = false;
let sending = false;
let retry = 0;
let timer;

function say(words, tone) {
  shown.forEach((place) => {
    place.querySelector("span").textContent = words;
    place.classList.toggle("ok", tone === "ok");
    place.classList.toggle("warn", tone === "warn");
  });
}

// without a session the server says so here; after a new sign-in, in whatever tab, the form needs the new session's token
async function renewToken() {
  const answer = await fetch(form.dataset.page, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector('meta[name="csrf-token"]');
  if (!fresh || !page.querySelector("form[data-keeps]")) return;
  document.querySelectorAll('input[name="csrf_token"]').forEach((input) => (input.value = fresh.content));
}

async function keep() {
  if (sending || !changed) return;
  sending = true;
  changed = false;
  const sent = new FormData(form);
  sent.set("sequence", String(sequence));
  say(shown[0].dataset.keeping, "");
  try {
    const answer = await fetch(form.dataset.keeps, { method: "POST", headers: { Accept: "application/json" }, body: sent });
    const body = await answer.json();
    if (answer.ok) {
      sequence = Math.max(sequence, body.sequence) + 1;
      retry = 0;
      say(shown[0].dataset.kept.replace("{time}", body.kept), "ok");
    } else {
      changed = true;
      retry = Math.min(retry + 1, 6);
      say(body.error, "warn");
      await renewToken();
    }
  } catch {
    changed = true;
    retry = Math.min(retry + 1, 6);
    say(form.dataset.lost, "warn");
  } finally {
    sending = false;
  }
  if (changed) timer = setTimeout(keep, retry ? 1000 * 2 ** (retry - 1) : 0);
}

function typed() {
  changed = true;
  clearTimeout(timer);
  timer = setTimeout(keep, 800);
}

if (form) {
  form.addEventListener("input", typed);
  // what was typed while the page was still arriving met nobody who listened
  const fields = [...form.querySelectorAll("textarea, input")].filter((one) => one.type !== "hidden");
  if (fields.some((one) => one.value !== one.defaultValue)) typed();
  window.addEventListener("online", keep);
  window.addEventListener("focus", keep);
  window.addEventListener("beforeunload", (event) => {
    if (changed && !form.dataset.sent) event.preventDefault();
  });
  // what is saved now holds more than the last draft: no draft may arrive behind it
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    changed = false;
    if (!sending) return;
    event.preventDefault();
    const button = event.submitter;
    const waiting = setInterval(() => {
      if (sending) return;
      clearInterval(waiting);
      form.requestSubmit(button);
    }, 50);
  });
}
