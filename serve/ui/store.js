// What the views of the page share. Whoever changes it calls the views that show it.

export const store = {
  endpoints: [],     // as GET /v2/models tells them
  models: [],        // of the chosen task; endpoints of one folder are one model with aliases
  task: null,        // the chosen one, see tasks.js
  values: {},        // what was asked last, by field
  results: [],       // the last answer of each model that was asked
  times: new Map(),  // model name -> times of the server in ms, one for each answer
  shown: 0,          // index into results
  running: false,    // models are being asked
};
