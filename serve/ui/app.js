// The page of filigree: pick models, ask them, see answers and latencies side by side.

import { request } from "./api.js";
import { element } from "./dom.js";
import { showFields } from "./fields.js";
import { showModels } from "./model_list.js";
import { counted } from "./numbers.js";
import { store } from "./store.js";
import { TASKS } from "./tasks.js";
import { showTradeoff } from "./tradeoff.js";
import "./rounds.js";

async function refresh() {
  try {
    const [{ body: server }, { body: models }] = await Promise.all([request("v2"), request("v2/models")]);
    store.endpoints = models.models;
    const count = (state) => store.endpoints.filter((endpoint) => endpoint.state === state).length;
    element("server").textContent = `${server.version}, ${server.isa}, ${counted(server.cores, "core")}, ` +
      `${count("ready")} of ${counted(store.endpoints.length, "endpoint")} ready`;
    showModels();
    showTradeoff();
    if (count("loading") > 0) setTimeout(refresh, 500);
  } catch (error) {
    element("server").textContent = `The server does not answer (${error.message}); trying again`;
    setTimeout(refresh, 2000);
  }
}

store.task = TASKS[0];
showFields();
refresh();
