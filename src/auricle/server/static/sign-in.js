import { ask } from "./api.js";
import { letPasswordsBeSeen, onSend } from "./forms.js";

const form = document.querySelector("form");
letPasswordsBeSeen();
onSend(form, async ({ name, password }) => {
  await ask("POST", "session", { name, password });
  location.assign(form.dataset.next);
});
