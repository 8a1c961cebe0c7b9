// Finish without leaving the page, so that "Download my copy" can be made here: the choices live in this page alone.
// Without this script the form is sent as usual and the receipt offers no copy.

const form = document.querySelector("[data-survey]");
const offline = document.querySelector("[data-offline]");

function choices() {
  return [...form.querySelectorAll("fieldset")].map((set) => ({
    text: set.querySelector("[data-text]").textContent,
    value: set.querySelector("input:checked")?.getAttribute("aria-label") ?? null,
  }));
}

function offerCopy(main, chosen) {
  const button = main.querySelector("[data-download]");
  const lines = chosen.map(({ text, value }, index) => `${index + 1}. ${text}\n   ${value ?? button.dataset.none}`);
  button.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "text/plain" }));
    link.download = `${button.dataset.name}.txt`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  main.querySelector("[data-copy]").hidden = false;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector(".btn-primary");
  button.disabled = true;
  offline.hidden = true;
  const chosen = choices();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (new URL(answer.url).pathname !== form.dataset.received) throw new Error("no receipt");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const place of ["h1", ".top .sub", "#main"]) {
      document.querySelector(place).replaceWith(page.querySelector(place));
    }
    document.title = page.title;
    const main = document.getElementById("main");
    // on a shared tablet no copy is offered: it would stay there
    if (main.querySelector("[data-copy]")) offerCopy(main, chosen);
    main.focus();
    window.scrollTo(0, 0);
  } catch {
    offline.hidden = false;
    button.disabled = false;
  }
});
