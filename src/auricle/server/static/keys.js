/** One's API keys: the list, a new one shown once, and their end. */

import { confirmed, moment, row } from "./rows.js";
import { ask } from "./api.js";
import { attempt, onSend } from "./forms.js";

const section = document.getElementById("keys");
const form = section.querySelector("form");
const made = section.querySelector(".made");

/** Lists the keys that were not revoked. */
export async function showKeys() {
  await attempt(section, async () => {
    const keys = (await everyKey()).filter((key) => !key.revoked_at);
    section.querySelector(".rows").replaceChildren(...keys.map(shown));
    section.querySelector(".none").hidden = keys.length > 0;
  });
}

async function everyKey() {
  const keys = [];
  let page = { next: "" };
  while (page.next !== null) {
    page = await ask("GET", `keys?limit=200${page.next && `&cursor=${encodeURIComponent(page.next)}`}`);
    keys.push(...page.items);
  }
  return keys;
}

function shown(key) {
  const over = key.expires_at && new Date(key.expires_at) <= new Date();
  const until = key.expires_at ? [over ? "expired " : "until ", moment(key.expires_at)] : ["does not expire"];
  const used = key.used_at ? ["last used ", moment(key.used_at)] : ["never used"];
  return row({
    name: key.name,
    mark: over ? { text: "expired", kind: "over" } : null,
    lines: [
      [`auricle_${key.id}_… · ${key.scopes.join(", ")}`],
      ["Made ", moment(key.created_at), " · ", ...until, " · ", ...used],
    ],
    action: "Revoke",
    label: `Revoke ${key.name}`,
    act: () => revoke(key),
  });
}

async function revoke(key) {
  const words = { title: `Revoke ${key.name}?`, text: "Programs that use this key are refused from then on." };
  if (!(await confirmed({ ...words, yes: "Revoke this key" }))) return;
  await attempt(section, () => ask("DELETE", `keys/${encodeURIComponent(key.id)}`));
  await showKeys();
}

onSend(form, async ({ name, days }) => {
  const scopes = new FormData(form).getAll("scopes");
  const key = await ask("POST", "keys", { name, days: days ? Number(days) : null, scopes });
  made.querySelector("h3").textContent = `The key ${key.name}`;
  made.querySelector("code").textContent = key.key;
  made.querySelector(".copy").textContent = "Copy";
  made.hidden = false;
  form.reset();
  form.closest("details").open = false;
  await showKeys();
  made.querySelector(".copy").focus();
});

made.querySelector(".copy").addEventListener("click", async (event) => {
  const key = made.querySelector("code");
  try {
    await navigator.clipboard.writeText(key.textContent);
    event.target.textContent = "Copied";
  } catch {
    // Without https a page may not write to the clipboard: the key is selected, and its reader copies it.
    getSelection().selectAllChildren(key);
    event.target.textContent = "Selected: copy it now";
  }
});

made.querySelector(".done").addEventListener("click", () => {
  made.hidden = true;
  made.querySelector("code").textContent = "";
  section.querySelector("summary").focus();
});
