// Sends messages without leaving the page, and asks for new ones until the page is closed.
"use strict";

const inbox = document.getElementById("inbox");
const form = document.getElementById("messageform");
let cursor = 0;

function show(message) {
  cursor = Math.max(cursor, message.id);
  if (document.getElementById("m" + message.id)) return;
  // The server escaped it.
  inbox.insertAdjacentHTML("beforeend", message.html);
  inbox.scrollTop = inbox.scrollHeight;
}

async function post(path, fields) {
  const body = new URLSearchParams(fields);
  body.set("_xsrf", form.elements._xsrf.value);
  const answer = await fetch(path, { method: "POST", body });
  if (!answer.ok) throw new Error(answer.status + " " + answer.statusText);
  return answer.json();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = form.elements.body;
  const body = text.value;
  text.value = "";
  try {
    show(await post("/a/message/new", { body }));
  } catch (error) {
    text.value = body;
  }
  text.focus();
});

async function poll() {
  let pause = 500;
  for (;;) {
    try {
      const { messages } = await post("/a/message/updates", { cursor });
      messages.forEach(show);
      pause = 500;
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(pause * 2, 30000);
    }
  }
}

for (const element of inbox.querySelectorAll(".message")) cursor = Math.max(cursor, Number(element.id.slice(1)));
inbox.scrollTop = inbox.scrollHeight;
poll();
