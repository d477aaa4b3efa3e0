/** Rows of a list, moments in time, and the question before something that cannot be undone. */

const DATES = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** A moment in the reader's own time zone. */
export function moment(time) {
  const shown = make("time", DATES.format(new Date(time)));
  shown.dateTime = time;
  return shown;
}

/** A row: a name, perhaps a mark beside it, lines about it, and perhaps one thing to do. */
export function row({ name, mark, lines, action, label, act }) {
  const heading = make("b", name);
  if (mark) heading.append(" ", make("em", mark.text, mark.kind));
  const about = make("div", heading);
  for (const line of lines) about.append(make("span", line));
  const item = make("li", about);
  if (action) {
    const button = make("button", action);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    item.append(button);
  }
  return item;
}

function make(tag, content, kind = "") {
  const made = document.createElement(tag);
  made.append(...[content].flat());
  if (kind) made.className = kind;
  return made;
}

/** Asks before doing something; whether the answer was yes. */
export function confirmed({ title, text, yes }) {
  const dialog = document.querySelector("dialog");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  dialog.querySelector(".primary").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
