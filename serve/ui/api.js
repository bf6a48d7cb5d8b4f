// Requests to the server. The only place that knows the API key: it is kept for the tab, and sent in a header.

const STORED = "api-key";

// "gone" when nobody answers, "answered" when somebody does, "key" when the answer is that a key is needed.
export const connection = new EventTarget();

let key = storedKey();

function storedKey() {
  try {
    return sessionStorage.getItem(STORED) || "";
  } catch {
    return "";  // storage is switched off: the key lasts as long as the page
  }
}

export function hasKey() {
  return key !== "";
}

export function setKey(value) {
  key = value;
  try {
    sessionStorage.setItem(STORED, value);
  } catch {
    // As above.
  }
}

export class ServerGone extends Error {}

function headers(body) {
  const all = body === undefined ? {} : { "content-type": "application/json" };
  if (hasKey()) all.authorization = `Bearer ${key}`;
  return all;
}

// {status, ok, headers, body, elapsed}: the JSON of the answer, or null, and how long it took to come, in ms. Throws
// ServerGone, or an AbortError after `signal`.
export async function request(path, { body, signal, method = body === undefined ? "GET" : "POST" } = {}) {
  const started = performance.now();
  try {
    const response = await fetch(path, {
      method, signal, headers: headers(body), cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const elapsed = performance.now() - started;
    connection.dispatchEvent(new Event(response.status === 401 ? "key" : "answered"));
    return { status: response.status, ok: response.ok, headers: response.headers, body: parsed(text), elapsed };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    connection.dispatchEvent(new Event("gone"));
    throw new ServerGone(error.message);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function errorText(status, body) {
  if (status === 401) return "the server needs an API key";
  if (body && Array.isArray(body.detail))
    return body.detail.map((d) => `${(d.loc || []).join(".")}: ${d.msg}`).join("; ");
  if (body && typeof body.detail === "string") return body.detail;
  if (body && body.error) return body.error;
  return `status ${status}`;
}
