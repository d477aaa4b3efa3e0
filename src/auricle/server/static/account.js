import { ask, root } from "./api.js";
import { attempt, letPasswordsBeSeen, onSend } from "./forms.js";
import { showKeys } from "./keys.js";
import { showSessions } from "./sessions.js";

letPasswordsBeSeen();
const title = document.querySelector(".title");
document.getElementById("sign-out").addEventListener("click", () =>
  attempt(title, async () => {
    await ask("DELETE", "session");
    location.assign(`${root}sign-in`);
  }),
);

const password = document.getElementById("password");
onSend(password, async ({ current, new: chosen }) => {
  const done = password.querySelector('[role="status"]');
  done.textContent = "";
  await ask("PUT", "users/me/password", { current, new: chosen });
  password.reset();
  done.textContent = "Your password is changed. Every other browser is signed out.";
  await showSessions();
});

await Promise.all([showKeys(), showSessions()]);
