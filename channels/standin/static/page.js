"use strict";
const $ = (id) => document.getElementById(id);
const STATUS = { pending: "Atiende el bot", open: "Atiende una persona", resolved: "Resuelta", snoozed: "Pospuesta" };
const TICKS = { sent: "✓", delivered: "✓✓", read: "✓✓", failed: "⚠" };
let state = { version: -1, people: [], script: {} };
let person = null;
let recorder = null;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#${name}`);
  drawing.append(use);
  return drawing;
}

/* WhatsApp's own marks: *bold*, _italics_, ~struck~, `code`; addresses become links. */
function marked(text) {
  const box = element("div", "text");
  const pattern = /(https?:\/\/[^\s<>"]+)|(?<![\p{L}\p{N}])([*_~`])(?=\S)(.+?)(?<=\S)\2(?![\p{L}\p{N}])/gu;
  let at = 0;
  for (const found of text.matchAll(pattern)) {
    box.append(text.slice(at, found.index));
    if (found[1]) {
      const link = element("a", "", found[1]);
      link.href = found[1];
      link.rel = "noreferrer";
      link.target = "_blank";
      box.append(link);
    } else {
      const inside = marked(found[3]);
      const mark = element({ "*": "b", "_": "i", "~": "s", "`": "code" }[found[2]]);
      mark.append(...inside.childNodes);
      box.append(mark);
    }
    at = found.index + found[0].length;
  }
  box.append(text.slice(at));
  return box;
}

function attachment(one) {
  if (one.kind === "image") {
    const image = element("img");
    image.src = one.url;
    image.alt = one.name;
    return image;
  }
  if (one.kind === "audio") {
    const audio = element("audio");
    audio.controls = true;
    audio.src = one.url;
    return audio;
  }
  const link = element("a", "file");
  link.append(icon(one.kind === "location" ? "pin" : "file"), element("span", "", one.name || "Ubicación"));
  link.href = one.kind === "location" ? `geo:${one.latitude},${one.longitude}` : one.url;
  link.target = "_blank";
  return link;
}

const clock = (time) => new Date(time * 1000).toLocaleTimeString("es-ES", { hour: "2-digit", minute: "2-digit" });

function bubble(message, mine) {
  const box = element("div", mine ? "bubble mine" : "bubble");
  box.dataset.message = message.id;
  box.append(...message.attachments.map(attachment));
  if (message.text) box.append(marked(message.text));
  const foot = element("div", "foot", clock(message.time));
  box.append(foot);
  return [box, foot];
}

/* What has not changed stays as it is: a sound goes on playing, a button stays under the finger. */
const drawn = new Map();
function changed(name, value) {
  const now = JSON.stringify(value);
  if (drawn.get(name) === now) return false;
  drawn.set(name, now);
  return true;
}

function drawTelephone() {
  if (!changed("telephone", [person, state.telephone])) return;
  const chat = $("chat");
  const stay = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 60;
  const rows = [];
  let conversation = null;
  for (const message of state.telephone) {
    if (conversation !== null && message.conversation !== conversation) rows.push(element("div", "divider", "Nueva conversación"));
    conversation = message.conversation;
    const mine = message.who === "person";
    const [box, foot] = bubble(message, mine);
    if (mine) foot.append(element("span", "read", "✓✓"));
    rows.push(box);
    if (message.items.length && message === state.telephone.at(-1)) rows.push(choices(message));
  }
  chat.replaceChildren(...(rows.length ? rows : [suggestions()]));
  if (stay || rows.at(-1)?.classList.contains("mine")) chat.scrollTop = chat.scrollHeight;
}

function choices(message) {
  const box = element("div", "choices");
  for (const item of message.items) {
    const button = element("button", "", item.title);
    button.type = "button";
    button.onclick = () => act(`people/${person}/taps`, { message: message.id, title: item.title });
    box.append(button);
  }
  return box;
}

function suggestions() {
  const box = element("div", "empty");
  const who = state.people.find((one) => one.id === person);
  box.append(element("div", "", "Escribe como si fuera tu WhatsApp. Por ejemplo:"));
  for (const words of state.script.says?.[who?.phone] ?? state.script.says?.default ?? []) {
    const button = element("button", "", words);
    button.type = "button";
    button.onclick = () => send({ content: words });
    box.append(button);
  }
  return box;
}

function drawPeople() {
  if (!changed("people", [person, state.people])) return;
  const buttons = state.people.map((one) => {
    const button = element("button", "", one.title || one.name);
    if (one.title && one.title !== one.name) button.append(element("small", "", one.name));
    button.type = "button";
    button.setAttribute("aria-pressed", String(one.id === person));
    button.onclick = () => choose(one.id);
    return button;
  });
  const more = element("button", "", "+ Otro número");
  more.type = "button";
  more.onclick = async () => choose((await act("people")).person);
  $("people").replaceChildren(...buttons, more);
  $("people").querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
  const who = state.people.find((one) => one.id === person);
  $("playing").textContent = who ? `Escribes como ${who.name} · ${who.phone ?? "número oculto"}` : "";
}

function drawDesk() {
  const one = state.conversation;
  const who = state.people.find((each) => each.id === person);
  $("subject").textContent = one ? `${who.name} · conversación ${one.id}` : "Sin conversación";
  $("status").textContent = one ? STATUS[one.status] : "";
  $("status").dataset.status = one?.status ?? "";
  const notes = [];
  if (one?.typing) notes.push("el bot está escribiendo…");
  if (one?.assignee) notes.push(`asignada a ${one.assignee}`);
  if (one && !one.can_reply) notes.push("ventana de 24 h cerrada: solo plantillas");
  $("assigned").textContent = notes.join(" · ") || (one ? "sin asignar" : "Aparecerá aquí cuando alguien escriba");
  for (const button of document.querySelectorAll("#actions button, #details select, #details input, #answer textarea, #answer button"))
    button.disabled = !one;
  if (one) {
    document.querySelector("[data-do=take]").disabled = one.status === "open" && Boolean(one.assignee);
    document.querySelector("[data-do=hand_back]").disabled = one.status === "pending";
    document.querySelector("[data-do=resolve]").disabled = one.status === "resolved";
    drawDetails(one);
  }
  if (!changed("thread", [person, one?.messages])) return;
  const thread = $("thread");
  const stay = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
  thread.replaceChildren(...(one?.messages ?? []).map(entry));
  if (stay) thread.scrollTop = thread.scrollHeight;
}

function drawDetails(one) {
  const teams = [["", "Ninguno"], ...state.teams.map((team) => [team.id, team.name])];
  $("team").replaceChildren(...teams.map(([id, name]) => new Option(name, id, false, (one.team ?? "Ninguno") === name)));
  if (document.activeElement !== $("labels")) $("labels").value = one.labels.join(", ");
  $("priority").value = one.priority ?? "";
}

function entry(message) {
  if (message.who === "system") return element("div", "event", message.text);
  const [box, foot] = bubble(message, false);
  if (message.who !== "person") box.classList.add("out");
  if (message.who === "bot") box.classList.add("bot");
  if (message.private) box.classList.add("note");
  const name = element("div", "name", (message.name || "Desde el móvil") + (message.private ? " · nota privada" : ""));
  const drawing = { bot: "bot", company: "mobile" }[message.who];
  if (drawing) name.prepend(icon(drawing));
  box.prepend(name);
  if (message.items.length) {
    const items = element("div", "items");
    items.append(...message.items.map((item) => element("span", "", item.title)));
    foot.before(items);
  }
  if (message.error) foot.before(element("div", "error", message.error));
  if (message.who !== "person" && !message.private) foot.append(element("span", message.status === "read" ? "read" : "", TICKS[message.status]));
  return box;
}

function trouble(text) {
  $("trouble").hidden = !text;
  $("trouble").textContent = text;
  if (text) setTimeout(() => trouble(""), 5000);
}

async function request(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(`No se ha podido (${answer.status}): ${(await answer.text()).slice(0, 160)}`);
  return answer.json();
}

async function act(path, body) {
  try {
    const options = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) };
    const done = await request(`/page/${path}`, options);
    await look();
    return done;
  } catch (error) {
    trouble(error.message);
    return {};
  }
}

async function send(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  try {
    await request(`/page/people/${person}/messages`, { method: "POST", body: form });
    await look();
  } catch (error) {
    trouble(error.message);
  }
}

async function choose(id) {
  if (!id) return;
  person = id;
  state.version = -1;
  await look();
  $("words").focus();
}

async function look() {
  const seen = await request(`/page/state?since=${state.version}${person ? `&person=${person}` : ""}`);
  if (seen.version === state.version) return;
  state = seen;
  if (person === null && state.people.length) return choose(state.people[0].id);
  $("starting").hidden = state.ready;
  $("company").textContent = state.company;
  $("face").textContent = state.company.split(" ").map((word) => word[0]).join("").slice(0, 2);
  drawPeople();
  drawTelephone();
  drawDesk();
}

async function watch() {
  try {
    await look();
  } catch {
    trouble("La demostración no responde. ¿Sigue en marcha?");
  }
  setTimeout(watch, document.hidden ? 3000 : 500);
}

$("write").onsubmit = (event) => {
  event.preventDefault();
  const content = $("words").value.trim();
  if (!content) return;
  $("words").value = "";
  send({ content });
};
$("words").onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    $("write").requestSubmit();
  }
};
for (const input of document.querySelectorAll("[data-file]"))
  input.onchange = () => {
    const [file] = input.files;
    const content = $("words").value.trim();
    $("words").value = "";
    input.value = "";
    $("attach").open = false;
    if (file) send(content ? { content, file } : { file });
  };
$("place").onclick = () => {
  $("attach").open = false;
  const { name, latitude, longitude } = state.script.place ?? { name: "", latitude: 41.65, longitude: -0.88 };
  send({ place: name, latitude, longitude });
};
$("wait").onclick = () => {
  $("attach").open = false;
  act(`people/${person}/wait`);
};
$("voice").onclick = async () => {
  if (recorder) return recorder.stop();
  if (!navigator.mediaDevices || !window.MediaRecorder) return trouble("Este navegador no graba: adjunta un audio.");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const pieces = [];
    recorder = new MediaRecorder(stream);
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.onstop = () => {
      const type = recorder.mimeType.split(";")[0];
      stream.getTracks().forEach((track) => track.stop());
      recorder = null;
      $("voice").classList.remove("recording");
      send({ file: new File(pieces, `nota-de-voz.${type.split("/")[1]}`, { type }) });
    };
    recorder.start();
    $("voice").classList.add("recording");
  } catch {
    recorder = null;
    trouble("No hay micrófono: adjunta un audio.");
  }
};
$("restart").onclick = () => act(`people/${person}/restart`);
for (const button of document.querySelectorAll("[data-do]"))
  button.onclick = () => {
    const path = `conversations/${state.conversation.id}`;
    if (button.dataset.do === "resolve") act(`${path}/status`, { status: "resolved" });
    else act(`${path}/${button.dataset.do}`);
  };
const DETAILS = {
  labels: (text) => text.split(","),
  priority: (text) => text || null,
  team: (text) => Number(text) || null,
};
// Only what was changed is sent: the others may have been drawn meanwhile as they were before.
$("details").onchange = ({ target }) =>
  act(`conversations/${state.conversation.id}/details`, { [target.id]: DETAILS[target.id](target.value) });
$("details").onsubmit = (event) => event.preventDefault();
const kind = () => document.querySelector("[name=kind]:checked").value;
for (const radio of document.querySelectorAll("[name=kind]"))
  radio.onchange = () => {
    const note = kind() === "note";
    $("answer").classList.toggle("note", note);
    $("reply").placeholder = note ? "Nota para el equipo, o /aprende y la respuesta" : "Como compañera…";
  };
$("reply").onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    $("answer").requestSubmit();
  }
};
$("answer").onsubmit = (event) => {
  event.preventDefault();
  const content = $("reply").value.trim();
  if (!content || !state.conversation) return;
  $("reply").value = "";
  act(`conversations/${state.conversation.id}/messages`, { content, private: kind() === "note", telephone: kind() === "telephone" });
};
for (const tab of document.querySelectorAll("[data-show]"))
  tab.onclick = () => {
    document.body.dataset.view = tab.dataset.show;
    for (const each of document.querySelectorAll("[data-show]")) each.setAttribute("aria-selected", String(each === tab));
    for (const each of [$("chat"), $("thread")]) each.scrollTop = each.scrollHeight;
  };
watch();
