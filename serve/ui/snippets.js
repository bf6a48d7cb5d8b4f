// The request on screen as commands for a shell and for Python, to copy.

import { hasKey } from "./api.js";
import { element } from "./dom.js";

export function inferPath(name) {
  return `v2/models/${encodeURIComponent(name)}/infer`;
}

// Between single quotes a shell changes nothing; the quote itself ends them, is escaped, and begins them again.
function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// A key is never shown: the shell, or the environment of the program, has to have it as KEY.
function curlCommand(url, body) {
  const key = hasKey() ? ' -H "Authorization: Bearer $KEY"' : "";
  return `curl ${shellQuoted(url)} -H 'content-type: application/json'${key} \\\n  -d ${shellQuoted(JSON.stringify(body))}`;
}

// A JSON string is a Python string too: Python knows all of JSON's escapes.
function pythonProgram(url, body) {
  const fields = Object.entries(body).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`);
  const key = hasKey() ? ', "authorization": "Bearer " + os.environ["KEY"]' : "";
  return [
    "import json",
    ...(hasKey() ? ["import os"] : []),
    "import urllib.request",
    "",
    "body = {",
    ...fields,
    "}",
    "request = urllib.request.Request(",
    `    ${JSON.stringify(url)},`,
    "    data=json.dumps(body).encode(),",
    `    headers={"content-type": "application/json"${key}},`,
    ")",
    "with urllib.request.urlopen(request) as response:",
    "    print(json.load(response))",
  ].join("\n");
}

export function showSnippets(name, body) {
  const url = new URL(inferPath(name), document.baseURI).href;
  element("curl").textContent = curlCommand(url, body);
  element("python").textContent = pythonProgram(url, body);
}

// The clipboard is only there on secure pages; elsewhere the text is selected, ready for Ctrl+C.
async function copySnippet(id) {
  const source = element(id);
  const status = element("copied");
  try {
    await navigator.clipboard.writeText(source.textContent);
    status.textContent = "Copied.";
  } catch {
    document.getSelection().selectAllChildren(source);
    status.textContent = "This browser does not let the page copy; the text is selected, press Ctrl+C.";
  }
}

for (const button of document.querySelectorAll("button[data-copy]"))
  button.addEventListener("click", () => copySnippet(button.dataset.copy));
