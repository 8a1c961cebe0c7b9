// The draft of an observed run: kept on the server after each change, with the version that the next change builds on.

const form = document.querySelector("[data-draft]");
const state = document.querySelector("[data-draft-state]");
let changed = false;
let sending = false;
let timer;

function say(sentence, kept) {
  state.querySelector("span").textContent = sentence;
  state.classList.toggle("ok", kept);
  state.classList.toggle("warn", !kept);
}

async function keep() {
  if (sending || !changed) return;
  sending = true;
  changed = false;
  const sent = new FormData(form);
  sent.delete("password");
  let wait = 0;
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", headers: { Accept: "application/json" }, body: sent });
    const body = await answer.json();
    if (answer.ok) {
      form.elements.version.value = body.version;
      say(state.dataset.kept.replace("{time}", body.kept), true);
    } else {
      say(body.error, false);
    }
  } catch {
    changed = true;
    wait = 4000;
    say(form.dataset.lost, false);
  } finally {
    sending = false;
  }
  if (changed) timer = setTimeout(keep, wait);
}

form.addEventListener("input", (event) => {
  if (event.target.name === "password") return;
  changed = true;
  clearTimeout(timer);
  timer = setTimeout(keep, event.target.type === "radio" ? 0 : 800);
});
// what was marked while the page was still arriving met nobody who listened
if ([...form.querySelectorAll('input[type="radio"]')].some((input) => input.checked !== input.defaultChecked)) {
  changed = true;
  keep();
}
window.addEventListener("online", keep);

// a signature builds on the last kept draft: let it arrive first
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
