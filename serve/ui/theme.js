"use strict";

// Dark or light: what the system prefers until the user chooses. Runs before the page is drawn.

function storedTheme() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // storage is switched off: the choice lasts as long as the page
  }
}

function applyTheme(theme) {
  const known = theme === "dark" || theme === "light";
  if (known) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function chooseTheme(theme) {
  applyTheme(theme);
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // As above.
  }
}

applyTheme(storedTheme());
document.addEventListener("DOMContentLoaded", () => {
  const select = document.getElementById("theme");
  select.value = document.documentElement.dataset.theme || "system";
  select.addEventListener("change", () => chooseTheme(select.value));
});
