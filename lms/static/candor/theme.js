// Before the first paint: the reader's choice of light or dark, else the system's.
(() => {
  const kept = localStorage.getItem("candor-theme");
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const page = document.documentElement.dataset;
  page.bsTheme = dark ? "dark" : "light";
  // Paper is white: what is light on a dark page would hardly be seen on it.
  let shown = page.bsTheme;
  addEventListener("beforeprint", () => { shown = page.bsTheme; page.bsTheme = "light"; });
  addEventListener("afterprint", () => { page.bsTheme = shown; });
})();
