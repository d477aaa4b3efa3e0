/** Where one is signed in. */

import { ask, root } from "./api.js";
import { attempt } from "./forms.js";
import { confirmed, moment, row } from "./rows.js";

const section = document.getElementById("sessions");
const BROWSERS = { "Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari" };
const SYSTEMS = ["iPhone", "iPad", "Android", "Windows", "Mac OS", "CrOS", "Linux"];

/** Lists the sessions, this one among them. */
export async function showSessions() {
  await attempt(section, async () => {
    section.querySelector(".rows").replaceChildren(...(await ask("GET", "sessions")).map(shown));
  });
}

function shown(session) {
  return row({
    name: program(session.agent),
    mark: session.current ? { text: "this browser", kind: "" } : null,
    lines: [
      [session.address || "address unknown", " · last seen ", moment(session.seen_at)],
      ["Signed in ", moment(session.created_at)],
    ],
    action: session.current ? null : "Sign out",
    label: `Sign out ${program(session.agent)}, ${session.address}`,
    act: () => end(session),
  });
}

/** A browser's name for people out of what it says of itself. */
function program(agent) {
  const browser = Object.keys(BROWSERS).find((one) => agent.includes(one));
  const system = SYSTEMS.find((one) => agent.includes(one));
  return browser && system ? `${BROWSERS[browser]} on ${system}` : agent || "A program without a name";
}

async function end(session) {
  await attempt(section, () => ask("DELETE", `sessions/${encodeURIComponent(session.id)}`));
  await showSessions();
}

document.getElementById("everywhere").addEventListener("click", async () => {
  const words = { title: "Sign out everywhere?", text: "Every browser has to sign in again, this one too." };
  if (!(await confirmed({ ...words, yes: "Sign out everywhere now" }))) return;
  await attempt(section, async () => {
    await ask("DELETE", "sessions");
    location.assign(`${root}sign-in`);
  });
});
