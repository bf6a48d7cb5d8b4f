// Asks the server how it is, once a second while somebody can see the page, and says what is wrong.

import { addSample } from "./activity.js";
import { connection, errorText, request, ServerGone } from "./api.js";
import { element } from "./dom.js";
import { keyChanged } from "./key.js";
import { counted } from "./numbers.js";
import { store } from "./store.js";

const INTERVAL_MS = 1000;

// "change": store.endpoints are other ones or in another state.
export const served = new EventTarget();

let known = null;  // how many were in which state when store.endpoints were read
let timer = null;

function countsOf(endpoints) {
  const counts = { loading: 0, ready: 0, failed: 0, unloaded: 0 };
  for (const endpoint of endpoints) ++counts[endpoint.state];
  return counts;
}

function say(text) {
  if (element("banner").textContent !== text) element("banner").textContent = text;
}

// What keeps models from being asked, or "".
function trouble({ loading, ready, failed, unloaded }, stopping) {
  const all = loading + ready + failed + unloaded;
  if (stopping) return "The server is stopping: it finishes what it has begun and takes nothing new.";
  if (all === 0) return "Nothing is loaded: the configuration of this server has no endpoints.";
  if (loading > 0)
    return `${loading} of ${counted(all, "model")} still loading. What is ready can be asked already.`;
  if (ready + unloaded === 0) return "No model can be served. The list of models says why.";
  return "";
}

async function readEndpoints() {
  const [server, models] = await Promise.all([request("v2"), request("v2/models")]);
  if (!server.ok || !models.ok) throw new ServerGone(errorText(models.status, models.body));
  store.endpoints = models.body.models;
  known = countsOf(store.endpoints);
  const { version, isa, cores } = server.body;
  element("server").textContent = `${version}, ${isa}, ${counted(cores, "core")}, ` +
    `${known.ready} of ${counted(store.endpoints.length, "endpoint")} ready`;
  served.dispatchEvent(new Event("change"));
}

// Names of all endpoints would tell more, but a hot reload that changes names alone is rare and a reload away.
const same = (a, b) => a !== null && Object.keys(b).every((state) => a[state] === b[state]);

async function look() {
  const { ok, status, body } = await request("v2/state");
  if (status === 401) return;  // key.js asks for one
  if (!ok) throw new ServerGone(errorText(status, body));
  if (!same(known, body.endpoints)) await readEndpoints();
  say(trouble(body.endpoints, body.stopping));
  addSample(body);
}

// One look after another; the next one only when this one is answered.
async function watch() {
  clearTimeout(timer);
  timer = null;
  try {
    await look();
  } catch (error) {
    if (!(error instanceof ServerGone)) throw error;
    known = null;
    say("The server does not answer. This page goes on trying; what was answered before stays here.");
  }
  schedule();
}

let waitsForKey = false;

function schedule() {
  if (timer !== null || waitsForKey || document.visibilityState !== "visible") return;
  timer = setTimeout(watch, INTERVAL_MS);
}

connection.addEventListener("key", () => {
  waitsForKey = true;
  known = null;
  say("The server needs an API key.");
});
keyChanged.addEventListener("change", () => {
  waitsForKey = false;
  watch();
});
document.addEventListener("visibilitychange", schedule);

export const startWatching = watch;
