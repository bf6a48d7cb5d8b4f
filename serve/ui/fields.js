// The inputs of the chosen task and its examples.

import { element, make } from "./dom.js";
import { store } from "./store.js";

function inputFor(field) {
  const input = make(field.rows ? "textarea" : "input");
  input.id = field.id;
  if (field.rows) input.rows = field.rows;
  else {
    input.type = "text";
    input.autocomplete = "off";
  }
  input.required = field.missing !== undefined;
  return input;
}

function loadExample() {
  const example = store.task.examples[element("example").selectedIndex];
  for (const field of store.task.fields) element(field.id).value = example[field.id];
}

export function showFields() {
  element("fields").replaceChildren(...store.task.fields.flatMap((field) => {
    const label = make("label", field.label);
    label.htmlFor = field.id;
    return [label, inputFor(field)];
  }));
  element("example").replaceChildren(...store.task.examples.map((example) => make("option", example.name)));
  loadExample();
}

export function fieldValues() {
  return Object.fromEntries(store.task.fields.map((field) => [field.id, element(field.id).value]));
}

// What keeps `values` from being asked, or "".
export function missingField(values) {
  const empty = store.task.fields.filter((field) => field.missing && values[field.id].trim() === "");
  return empty.length > 0 ? empty[empty.length - 1].missing : "";
}

element("example").addEventListener("change", loadExample);
