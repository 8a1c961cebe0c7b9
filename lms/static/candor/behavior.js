// Copies the method's text; the button shows itself only where copying works.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).innerText;
    await navigator.clipboard.writeText(text);
    button.querySelector("span").textContent = button.dataset.copied;
  });
}
