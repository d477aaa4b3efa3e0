/** Asks the API of the server that this page came from. */

/** The path under which Auricle is shown, with a slash at its end. */
export const root = new URL("..", import.meta.url).pathname;

/** The API said no: the message is its sentence for people. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** What the API answers, null where that is nothing. Throws Refused. */
export async function ask(method, path, body) {
  const answer = await reach(`${root}api/v1/${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) {
    throw new Refused(said?.detail ?? `The server answered with status ${answer.status}.`, answer.status);
  }
  return said;
}

async function reach(address, request) {
  try {
    return await fetch(address, request);
  } catch {
    throw new Refused("The server cannot be reached. Check that it is running, and try again.", 0);
  }
}
