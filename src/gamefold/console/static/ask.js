// Requests to the server, with failures as sentences for people.

/** What the server refused, or that it could not be asked at all (`status` 0). */
export class Failed extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Ask for JSON. Throws Failed. */
export function get(url) {
  return asked(url, { headers: { Accept: "application/json" } });
}

/** Send JSON; what is sent again with the same key happens once. Throws Failed. */
export function post(url, body, key) {
  return asked(url, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify(body),
  });
}

/** Make the Failed of an answer that is not 2xx. */
export async function failure(answer) {
  const envelope = await answer.json().catch(() => null);
  return new Failed(answer.status, envelope?.error?.message ?? `The server answered ${answer.status}.`);
}

async function asked(url, options) {
  let answer;
  try {
    answer = await fetch(url, { ...options, signal: AbortSignal.timeout(10_000) });
  } catch {
    throw new Failed(0, "The server does not answer.");
  }
  if (!answer.ok) throw await failure(answer);
  return answer.json();
}
