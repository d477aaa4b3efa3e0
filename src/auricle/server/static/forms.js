/** Forms that send themselves to the API and say what it refuses. */

import { Refused } from "./api.js";

/** Does `act` with the fields' values when the form is sent; one sending at a time. */
export function onSend(form, act) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form, () => act(Object.fromEntries(new FormData(form))));
  });
}

/** Does something for a part of the page, with its buttons off, and shows there why it could not be done. */
export async function attempt(part, act) {
  const problem = part.querySelector('[role="alert"]');
  const buttons = [...part.querySelectorAll("button")];
  problem.textContent = "";
  for (const button of buttons) button.disabled = true;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.textContent = error.message;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** Makes the buttons beside passwords show and hide them. */
export function letPasswordsBeSeen() {
  for (const button of document.querySelectorAll(".secret button")) {
    const field = button.parentElement.querySelector("input");
    button.addEventListener("click", () => {
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.textContent = shown ? "Hide" : "Show";
      button.setAttribute("aria-pressed", String(shown));
    });
  }
}
