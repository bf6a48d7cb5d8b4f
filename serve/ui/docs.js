"use strict";

// The paths of openapi.json, each with a form that asks the server.

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function indented(value) {
  return JSON.stringify(value, null, 2);
}

function readable(text) {
  try {
    return indented(JSON.parse(text));
  } catch {
    return text; // metrics and files of the page
  }
}

// Relative to this page, which a proxy may serve below a path of its own.
function urlOf(path) {
  return new URL(`.${path}`, document.baseURI).href;
}

function headers() {
  const key = document.getElementById("key").value.trim();
  return key ? { authorization: `Bearer ${key}` } : {};
}

async function ask(path, method, body, output) {
  output.textContent = "…";
  const options = { method: method.toUpperCase(), headers: headers() };
  if (body !== undefined) {
    options.body = body;
    options.headers["content-type"] = "application/json";
  }
  const begin = performance.now();
  try {
    const response = await fetch(urlOf(path), options);
    const text = await response.text();
    const time = (performance.now() - begin).toFixed(1);
    output.textContent = `${response.status} in ${time} ms\n${readable(text)}`;
  } catch (error) {
    output.textContent = `no answer from the server: ${error.message}`;
  }
}

function bodyField(operation, number) {
  const media = operation.requestBody && operation.requestBody.content["application/json"];
  if (!media) return { parts: [] };
  const examples = Object.entries(media.examples);
  const field = make("textarea", { id: `body-${number}`, rows: 6, spellcheck: false, value: indented(examples[0][1].value) });
  const parts = [make("label", { htmlFor: field.id, textContent: "Body" }), field];
  if (examples.length > 1) {
    const choice = make("select", { id: `example-${number}` });
    for (const [name] of examples) choice.append(make("option", { value: name, textContent: name }));
    choice.addEventListener("change", () => {
      field.value = indented(media.examples[choice.value].value);
    });
    parts.unshift(make("label", { htmlFor: choice.id, textContent: "Example" }), choice);
  }
  return { field, parts };
}

function operationForm(path, method, operation, number) {
  const { field, parts } = bodyField(operation, number);
  const name = `${method.toUpperCase()} ${path}`;
  const send = make("button", { type: "submit", id: `send-${number}`, textContent: "Send" });
  send.setAttribute("aria-label", `Send ${name}`);
  const output = make("pre", { id: `answer-${number}`, className: "answer", tabIndex: 0 });
  output.setAttribute("role", "region");
  output.setAttribute("aria-live", "polite");
  output.setAttribute("aria-label", `Answer of ${name}`);
  const form = make("form", {}, ...parts, make("p", {}, send), output);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(path, method, field && field.value, output);
  });
  return form;
}

function described(response, components) {
  return response.$ref ? components.responses[response.$ref.split("/").pop()] : response;
}

function showOperation(path, method, operation, number, components) {
  const title = make("code", { textContent: `${method.toUpperCase()} ${path}` });
  const list = make("ul");
  for (const [status, response] of Object.entries(operation.responses))
    list.append(make("li", { textContent: `${status}: ${described(response, components).description}` }));
  const details = make("details", { className: "operation" }, make("summary", {}, title, ` ${operation.summary}`));
  // Made when it is wanted: there are many, and what is closed still takes its place in the layout.
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1)
      details.append(operationForm(path, method, operation, number), make("p", { textContent: "Statuses" }), list);
  });
  return details;
}

function show(api) {
  const groups = new Map();
  let number = 0;
  for (const [path, methods] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const [tag] = operation.tags;
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(showOperation(path, method, operation, number++, api.components));
    }
  const tags = api.tags.map(({ name }) => name);
  document.getElementById("operations").replaceChildren(
    ...tags.map((tag) => make("section", {}, make("h2", { textContent: tag }), ...groups.get(tag))));
  document.getElementById("count").textContent = `${number} operations`;
}

async function start() {
  const message = document.getElementById("message");
  message.textContent = "";
  try {
    const response = await fetch(urlOf("/openapi.json"), { headers: headers() });
    if (response.ok) return show(await response.json());
    message.textContent = `openapi.json: ${response.status}: ${(await response.json()).detail}`;
  } catch (error) {
    message.textContent = `openapi.json cannot be read: ${error.message}`;
  }
}

document.getElementById("access").addEventListener("submit", (event) => {
  event.preventDefault();
  start();
});
start();
