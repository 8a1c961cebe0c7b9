// The question page: each choice is saved as it is made, and tried again until the server has it. The server keeps the time.

const form = document.querySelector("[data-answer]");
const saved = document.querySelector("[data-saved]");
const trouble = document.querySelector("[data-trouble]");
const sequence = form.elements.sequence;
let token = document.querySelector('meta[name="csrf-token"]').content;
let waiting = null; // the newest choice that the server has not confirmed
let sending = false;
let retry = 0;

function choice() {
  const chosen = [...form.querySelectorAll('input[name="chosen"]:checked')].map((input) => input.value);
  const value = { chosen, flagged: form.elements.flagged.value === "1", sequence: Number(sequence.value) };
  sequence.value = value.sequence + 1;
  return value;
}

function say(words) {
  saved.querySelector("span").textContent = words;
}

function complain(sentence) {
  trouble.querySelector("[data-trouble-text]").textContent = sentence;
  trouble.hidden = false;
}

// without a session the server says so here; after a new sign-in, in whatever tab, the form needs the new session's token
async function renewToken() {
  const answer = await fetch(form.dataset.page, { headers: { Accept: "application/json" } });
  if (answer.status === 401) {
    complain((await answer.json()).error);
    return;
  }
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector('meta[name="csrf-token"]');
  if (!fresh || !page.querySelector("[data-answer]")) return;
  token = fresh.content;
  document.querySelectorAll('input[name="csrf_token"]').forEach((input) => (input.value = token));
}

async function send() {
  if (sending || !waiting) return;
  sending = true;
  const trying = waiting;
  say(saved.dataset.saving);
  try {
    const answer = await fetch(form.dataset.url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify(trying),
    });
    const body = await answer.json();
    if (answer.ok) {
      if (waiting === trying) waiting = null;
      sequence.value = Math.max(Number(sequence.value), body.sequence + 1);
      trouble.hidden = true;
      retry = 0;
      saved.classList.replace("sub", "ok");
      say(`${saved.dataset.words} ${body.saved}`);
    } else if (body.result) {
      window.location.assign(body.result);
      return;
    } else {
      say(saved.dataset.waiting);
      complain(body.error);
      await renewToken();
      retry = Math.min(retry + 1, 6);
    }
  } catch {
    say(saved.dataset.waiting);
    complain(form.dataset.offline);
    retry = Math.min(retry + 1, 6);
  } finally {
    sending = false;
  }
  if (waiting) setTimeout(send, retry ? 1000 * 2 ** (retry - 1) : 0);
}

form.addEventListener("change", (event) => {
  if (event.target.name !== "chosen") return;
  waiting = choice();
  send();
});

// a choice made while the page was still arriving met nobody who listened
if ([...form.querySelectorAll('input[name="chosen"]')].some((input) => input.checked !== input.defaultChecked)) {
  waiting = choice();
  send();
}

window.addEventListener("online", send);
window.addEventListener("focus", send);
window.addEventListener("beforeunload", (event) => {
  if (waiting && !form.dataset.sent) event.preventDefault();
});

// -- the timer ------------------------------------------------------------------------------------------------------------

const timer = document.querySelector("[data-timer]");
const box = document.querySelector("[data-timer-box]");
const hide = document.querySelector("[data-timer-hide]");
const announce = document.querySelector("[data-announce]");
const ends = performance.now() + Number(timer.dataset.left) * 1000;
let told = Number(timer.dataset.left);

function showTimer(shown) {
  box.hidden = !shown;
  hide.setAttribute("aria-pressed", String(!shown));
  hide.querySelector("span").textContent = shown ? hide.dataset.hide : hide.dataset.show;
  sessionStorage.setItem("candor-timer", shown ? "shown" : "hidden");
}

hide.hidden = false;
hide.addEventListener("click", () => showTimer(box.hidden));
showTimer(sessionStorage.getItem("candor-timer") !== "hidden");

const ticking = setInterval(() => {
  const left = Math.max(0, Math.round((ends - performance.now()) / 1000));
  const two = (number) => String(number).padStart(2, "0");
  timer.textContent = `${two(Math.floor(left / 60))}:${two(left % 60)}`;
  // a screen reader hears two moments, not every second
  if (told > 300 && left <= 300) announce.textContent = announce.dataset.five;
  if (told > 60 && left <= 60) announce.textContent = announce.dataset.one;
  told = left;
  if (left === 0) {
    clearInterval(ticking);
    setTimeout(() => document.querySelector("[data-hand-in]").requestSubmit(), 1000);
  }
}, 1000);
