// The page of filigree: pick models, ask them, see answers and latencies side by side.

import "./key.js";
import "./layers.js";
import "./rounds.js";
import { showTask } from "./task_choice.js";
import { startWatching } from "./watch.js";

showTask();
startWatching();
