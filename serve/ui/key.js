// The field for the API key, there once the server asks for one. The key never gets into an address or into the text
// of the page.

import { connection, hasKey, setKey } from "./api.js";
import { element } from "./dom.js";

// Told when there is another key.
export const keyChanged = new EventTarget();

let tried = hasKey();  // a key was given, so that one more refusal is about that key

function ask() {
  if (element("key-form").hidden) {
    element("key-form").hidden = false;
    element("key").focus();
  }
  if (tried) element("key-message").textContent = "The server does not accept this key.";
  tried = false;
}

function use(event) {
  event.preventDefault();
  const key = element("key").value.trim();
  element("key").value = "";
  // Anything else cannot be in a header.
  const fits = /^[\x21-\x7e]+$/.test(key);
  element("key-message").textContent = fits ? "" : "A key has no spaces and only characters of ASCII.";
  if (!fits) return;
  setKey(key);
  tried = true;
  keyChanged.dispatchEvent(new Event("change"));
}

function accepted() {
  element("forget-key").hidden = !hasKey();
  if (element("key-form").hidden) return;
  element("key-form").hidden = true;
  element("submit").focus();
}

element("key-form").addEventListener("submit", use);
element("forget-key").addEventListener("click", () => {
  setKey("");
  element("forget-key").hidden = true;
  keyChanged.dispatchEvent(new Event("change"));
});
connection.addEventListener("key", ask);
connection.addEventListener("answered", accepted);
