// Asks the server for something: an address below its root, and what is sent along as JSON. Gives the answer, or throws
// with the server's own words; `status` says then what kind of refusal it is, and is missing where no answer came.
export const base = new URL("../", import.meta.url);

export async function ask(path, body, method = body ? "POST" : "GET", options = {}) {
  const sent = body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(new URL(path, base), { method, ...sent, ...options });
  const content = await answer.json().catch(() => ({ detail: `${answer.status} ${answer.statusText}` })); // of a proxy
  if (!answer.ok) throw Object.assign(new Error(content.detail), { status: answer.status });
  return content;
}
