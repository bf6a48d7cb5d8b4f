"use strict";

// The request on screen as commands for a shell and for Python, to copy.

function inferUrl(name) {
  return new URL(`v2/models/${encodeURIComponent(name)}/infer`, document.baseURI).href;
}

// Between single quotes a shell changes nothing; the quote itself ends them, is escaped, and begins them again.
function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function curlCommand(url, body) {
  return `curl ${shellQuoted(url)} -H 'content-type: application/json' \\\n  -d ${shellQuoted(JSON.stringify(body))}`;
}

// A JSON string is a Python string too: Python knows all of JSON's escapes.
function pythonProgram(url, body) {
  const fields = Object.entries(body).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`);
  return [
    "import json",
    "import urllib.request",
    "",
    "body = {",
    ...fields,
    "}",
    "request = urllib.request.Request(",
    `    ${JSON.stringify(url)},`,
    "    data=json.dumps(body).encode(),",
    '    headers={"content-type": "application/json"},',
    ")",
    "with urllib.request.urlopen(request) as response:",
    "    print(json.load(response))",
  ].join("\n");
}

function showSnippets(name, question, context) {
  const url = inferUrl(name);
  document.getElementById("curl").textContent = curlCommand(url, { question, context });
  document.getElementById("python").textContent = pythonProgram(url, { question, context });
}

// The clipboard is only there on secure pages; elsewhere the text is selected, ready for Ctrl+C.
async function copySnippet(id) {
  const source = document.getElementById(id);
  const status = document.getElementById("copied");
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
