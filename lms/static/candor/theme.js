// Before the first paint: the reader's choice of light or dark, else the system's.
(() => {
  const kept = localStorage.getItem("candor-theme");
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
})();
