import { ask, Refused, root } from "./api.js";
import { letPasswordsBeSeen, onSend } from "./forms.js";

const form = document.querySelector("form");
const problem = document.querySelector('main > [role="alert"]');
const name = form.querySelector('[name="name"]');
let token = "";

/** Takes the token out of the address, where it could be seen or copied, and asks whom it is for. */
async function look() {
  token = location.hash.slice(1) || token;
  history.replaceState(null, "", location.pathname);
  form.hidden = true;
  problem.textContent = "";
  if (!token) {
    problem.textContent = "This address is not complete: open the whole set-up link, to its last character.";
    return;
  }
  try {
    show(await ask("POST", "setup/look", { token }));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.textContent = error.message;
  }
}

function show(invited) {
  document.querySelector("h1").textContent = invited.first ? "Welcome to Auricle" : `Welcome, ${invited.name}`;
  document.getElementById("first").hidden = !invited.first;
  name.value = invited.first ? "" : invited.name;
  name.readOnly = !invited.first;
  form.hidden = false;
  (invited.first ? name : form.querySelector('[name="password"]')).focus();
}

letPasswordsBeSeen();
addEventListener("hashchange", () => location.hash && look());
onSend(form, async ({ name: chosen, password }) => {
  await ask("POST", "setup", name.readOnly ? { token, password } : { token, name: chosen, password });
  location.replace(`${root}account`);
});
await look();
