"use strict";

const $ = (id) => document.getElementById(id);
const WINDOW = 60;
const rates = [];
let last = null;
let mountsShown = "";

const whole = new Intl.NumberFormat("en");

function duration(seconds) {
  const s = Math.floor(seconds), days = Math.floor(s / 86400);
  const clock = [Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60, s % 60].map((n) => String(n).padStart(2, "0"));
  return (days ? `${days} d ` : "") + clock.join(":");
}

function lanes(value) {
  if (!Array.isArray(value)) return String(value);
  return value.map((lane) => (typeof lane === "object" ? `${lane.name}${lane.threads ? ` × ${lane.threads}` : ""}` : lane)).join(", ");
}

const figures = {
  requests: (n) => whole.format(n),
  connections: (n) => whole.format(n),
  rss_bytes: (n) => `${(n / 1048576).toFixed(1)} MB`,
  uptime_seconds: duration,
  python: String,
  lanes,
};

function showRate(status) {
  const now = performance.now();
  if (last && status.requests >= last.requests) {
    rates.push(((status.requests - last.requests) * 1000) / (now - last.at));
    if (rates.length > WINDOW) rates.shift();
    const rate = rates[rates.length - 1];
    $("rate").textContent = rate < 100 ? rate.toFixed(1) : whole.format(Math.round(rate));
    const top = Math.max(2, ...rates), from = WINDOW - rates.length;
    const points = rates.map((r, n) => `${from + n + 1},${(19 - (18 * r) / top).toFixed(2)}`);
    $("line").setAttribute("points", points.join(" "));
    $("area").setAttribute("d", `M${from + 1},20L${points.join("L")}L${WINDOW},20Z`);
  }
  last = { requests: status.requests, at: now };
}

function showMounts(mounts) {
  const text = JSON.stringify(mounts);
  if (text === mountsShown) return;
  mountsShown = text;
  $("mounts").replaceChildren(...mounts.map((mount) => {
    const add = (parent, tag, content) => Object.assign(parent.appendChild(document.createElement(tag)), { textContent: content });
    const item = document.createElement("li"), link = add(item, "a", "");
    link.href = mount.path.startsWith("/") ? mount.path : "/";
    add(link, "span", mount.kind).className = "kind";
    add(link, "strong", mount.title);
    add(link, "code", mount.path);
    if (mount.detail) add(link, "p", mount.detail);
    return item;
  }));
}

function showUser(name) {
  $("nobody").hidden = Boolean(name);
  $("somebody").hidden = !name;
  $("user").textContent = name || "";
}

function showState(name, text) {
  if ($("state").textContent === text) return;
  $("state").className = name;
  $("state").textContent = text;
}

async function poll() {
  try {
    if (!document.hidden) {
      const answer = await fetch("/api/status", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const status = await answer.json();
      for (const [id, show] of Object.entries(figures)) {
        if (status[id] === undefined || status[id] === null) continue;
        $(id).textContent = show(status[id]);
        $(id).parentElement.hidden = false;
      }
      showRate(status);
      showMounts(status.mounts || []);
      showUser(status.user);
      $("version").textContent = `Gale ${status.version}`;
      showState("up", "The server answers");
    }
  } catch (error) {
    last = null;
    showState("down", `No answer (${error.message}); asking again`);
  }
  setTimeout(poll, 1000);
}

let running = null;

async function stream() {
  const output = $("output"), start = performance.now(), decoder = new TextDecoder();
  const print = (text) => {
    output.append(`${((performance.now() - start) / 1000).toFixed(2).padStart(6)} s  ${text}\n`);
    output.scrollTop = output.scrollHeight;
  };
  running = new AbortController();
  output.textContent = "";
  $("start").disabled = true;
  $("stop").disabled = false;
  let pieces = 0;
  try {
    const answer = await fetch("/stream", { cache: "no-store", signal: running.signal });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const reader = answer.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      pieces += 1;
      print(decoder.decode(part.value, { stream: true }).trimEnd());
    }
    print(`— the end, after ${pieces} pieces`);
  } catch (error) {
    print(error.name === "AbortError" ? "— stopped" : `— ${error.message}`);
  }
  $("start").disabled = false;
  $("stop").disabled = true;
}

$("start").addEventListener("click", stream);
$("stop").addEventListener("click", () => running.abort());
poll();
