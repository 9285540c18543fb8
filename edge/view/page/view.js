"use strict";
// Asks for what is seen as often as the device says, and only while somebody looks at the page.

const WHY = {
  small: "no: too small, come nearer", blurred: "no: blurred; focus, or more light", dark: "no: too dark",
  bright: "no: too bright", cut: "no: cut off at the border",
};
const SEARCHED = {
  full: "Looked for new faces and at the known ones", windows: "Looked at the known faces alone",
  none: "Nothing was due in this picture",
};
const MOODS_EVERY_MS = 5000, SPOKEN_EVERY_MS = 4000, LONGEST_RETRY_MS = 5000, OLD_MS = 3000;
const SVG = "http://www.w3.org/2000/svg";
const at = (id) => document.getElementById(id);
const percent = (share) => (share === null ? "" : `${Math.round(100 * share)}%`);

let drawn = null, spoken = "", spokenAt = 0, closesAt = Infinity, retryMs = 500, isOver = false, refusal = "";

function text(id, words) {
  if (at(id).textContent !== words) at(id).textContent = words;
}

function element(name, attributes, words) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (words !== undefined) made.textContent = words;
  return made;
}

function rows(id, lines, empty) {
  const columns = at(id).closest("table").querySelectorAll("thead th").length;
  at(id).replaceChildren(...(lines.length ? lines : [[empty]]).map((cells) => {
    const row = document.createElement("tr");
    for (const words of cells) row.insertCell().textContent = words;
    if (cells.length < columns) row.cells[row.cells.length - 1].colSpan = columns - cells.length + 1;
    return row;
  }));
}

const looks = (face) => face.emotion ?? "not known yet";
const reads = (face) => (face.reason ? WHY[face.reason] ?? `no: ${face.reason}` : face.is_seen ? "yes" : "not found just now");
const kind = (face) => (face.reason ? "unread" : face.is_seen ? "" : "unseen");

function box([x, y, width, height], names) {
  return element("rect", { x, y, width, height, class: names });
}

function drawFrame(frame, why) {
  if (!frame) {
    at("picture").removeAttribute("href");
    at("faces").replaceChildren(element("text", { x: "50%", y: "50%", "text-anchor": "middle", "font-size": 28 }, why));
    at("windows").replaceChildren();
    return rows("face-rows", [], "none");
  }
  at("stage").setAttribute("viewBox", `0 0 ${frame.width_px} ${frame.height_px}`);
  if (frame.picture) at("picture").setAttribute("href", frame.picture);
  else at("picture").removeAttribute("href");
  at("windows").replaceChildren(...frame.windows.map((window) => box(window, "window")));
  const size = frame.width_px / 32;
  at("faces").replaceChildren(...frame.faces.flatMap((face) => {
    const [x, y, , height] = face.box;
    const words = `${face.track} ${looks(face)} ${percent(face.confidence)}${face.reason ? ` (${face.reason})` : ""}`;
    const above = y > 1.5 * size ? y - size / 3 : y + height + size;
    return [
      box(face.box, "mark under"), box(face.box, `mark face ${kind(face)}`),
      element("text", { x, y: Math.min(above, frame.height_px - size / 3), "font-size": size }, words),
    ];
  }));
  rows("face-rows", frame.faces.map((face) =>
    [face.track, looks(face), percent(face.confidence), `${face.box[2]}×${face.box[3]}`, reads(face)]), "none");
}

function tellAge(frame) {
  if (!frame) return text("searched", "");
  const size = `${frame.width_px} × ${frame.height_px}`;
  text("searched", frame.age_ms > OLD_MS ? `No newer picture has come for ${Math.round(frame.age_ms / 1000)} s.` :
    `${SEARCHED[frame.searched]}. Picture ${frame.number}, ${size}, ${frame.age_ms} ms old.`);
}

// Said aloud only when it changed, and not more often than one can listen to.
function speak(frame, isPrivate) {
  const faces = frame ? frame.faces : [];
  const words = isPrivate ? "Privacy is on." : faces.length === 0 ? "No face." :
    faces.map((face) => `Face ${face.track}: ${face.reason ? WHY[face.reason].replace(/^no: /, "") : looks(face)}.`).join(" ");
  if (words === spoken || Date.now() - spokenAt < SPOKEN_EVERY_MS) return;
  [spoken, spokenAt] = [words, Date.now()];
  text("spoken", words);
}

function drawDevice(device) {
  text("device", device.device);
  text("status", device.status);
  at("status").className = device.status === "online" ? "badge" : "badge bad";
  text("camera", device.camera ?? "not open");
  drawPrivacy(device);
  text("accelerator", device.accelerator === "edgetpu" ? "the Coral" :
    `the CPU${device.coral ? `; Coral: ${device.coral}` : ""}`);
  const waiting = device.waiting ? `; ${device.waiting} messages wait` : "";
  text("broker", `${device.broker}: ${device.is_connected ? "connected" : "not connected"}${waiting}`);
  const problems = Object.entries(device.problems).map(([part, problem]) => `${part}: ${problem}`);
  if (at("problems").dataset.told !== problems.join()) {
    at("problems").dataset.told = problems.join();
    at("problems").replaceChildren(...problems.map((problem) => {
      const line = document.createElement("li");
      line.textContent = problem;
      return line;
    }));
  }
}

// What the device says, not what was asked of it: the switch turns when the camera does.
function drawPrivacy({ is_private: isPrivate, camera }) {
  at("privacy").setAttribute("aria-checked", isPrivate);
  at("privacy").disabled = isOver;
  text("privacy-says", !isPrivate ? "Off: the camera may be open." :
    camera ? "On: the camera is being closed." : "On: the camera is closed, also after a restart.");
}

async function turnPrivacy() {
  const wanted = at("privacy").getAttribute("aria-checked") === "true" ? "OFF" : "ON";
  at("privacy").disabled = true;
  try {
    const answer = await fetch("privacy", { method: "POST", body: wanted, signal: AbortSignal.timeout(5000) });
    refusal = answer.ok ? "" : await answer.text();
  } catch {
    refusal = `The device did not hear that privacy is to be ${wanted}.`;
  }
  at("privacy").disabled = isOver;
}

function drawSpeed(scene) {
  text("fps", scene.fps.toFixed(1));
  const lines = Object.entries(scene.stages).map(([stage, ms]) => [stage, ms.median.toFixed(2), ms.most.toFixed(2)]);
  rows("stage-rows", lines, "no frame lately");
}

function draw(scene) {
  const number = scene.frame ? scene.frame.number : null;
  if (number !== drawn || number === null) {
    drawn = number;
    drawFrame(scene.frame, scene.device.is_private ? "privacy: the camera is closed" : "no picture yet");
  }
  tellAge(scene.frame);
  speak(scene.frame, scene.device.is_private);
  drawDevice(scene.device);
  drawSpeed(scene);
  closesAt = Date.now() + 1000 * scene.closes_in_s;
  text("closing", `This page closes at ${new Date(closesAt).toTimeString().slice(0, 5)}.`);
}

function drawMoods({ step_s: stepS, steps, seen }) {
  const names = [...new Set(seen.flatMap(({ shares }) => Object.keys(shares)))].sort();
  const left = 76, wide = Math.max(150, at("moods").clientWidth - left), high = 20, width = wide / steps;
  const height = Math.max(1, names.length) * high + 16;
  const parts = names.flatMap((name, line) => [
    element("text", { x: 0, y: line * high + 15 }, name),
    element("line", { x1: left, x2: left + wide, y1: (line + 1) * high, y2: (line + 1) * high }),
    ...seen.filter(({ shares }) => shares[name]).map(({ ago, shares }) => {
      const tall = Math.max(1, shares[name] * (high - 3));
      return element("rect", {
        x: left + wide - (ago + 1) * width, y: (line + 1) * high - tall, width: width - 0.5, height: tall,
      });
    }),
  ]);
  if (!names.length) parts.push(element("text", { x: 0, y: 14 }, "nobody yet"));
  parts.push(element("text", { x: left, y: height - 3 }, `${Math.round((steps * stepS) / 60)} minutes ago`));
  parts.push(element("text", { x: left + wide, y: height - 3, "text-anchor": "end" }, "now"));
  at("moods").setAttribute("viewBox", `0 0 ${left + wide} ${height}`);
  at("moods").setAttribute("height", height);
  at("moods").replaceChildren(...parts);
  tabulate(names, seen, 60 / stepS);
}

function tabulate(names, seen, stepsAMinute) {
  at("mood-head").replaceChildren(document.createElement("tr"));
  for (const name of ["Minutes ago", ...names]) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    at("mood-head").rows[0].append(cell);
  }
  const minutes = new Map();
  for (const { ago, shares } of seen) {
    const minute = Math.floor(ago / stepsAMinute);
    minutes.set(minute, [...(minutes.get(minute) ?? []), shares].filter((one) => Object.keys(one).length));
  }
  const lines = [...minutes].sort(([one], [other]) => one - other).map(([minute, all]) => [
    minute === 0 ? "now" : minute,
    ...names.map((name) => (all.length ? percent(all.reduce((sum, one) => sum + (one[name] ?? 0), 0) / all.length) : "")),
  ]);
  rows("mood-rows", lines, "nothing yet");
}

function notice(words) {
  text("notice", words);
  at("notice").hidden = !words;
}

async function ask(address) {
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(5000) });
  if (answer.status === 403) throw new Error("link");
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

function end(words) {
  isOver = true;
  drawFrame(null, "closed");
  at("privacy").disabled = true;
  text("status", "closed");
  at("status").className = "badge bad";
  text("closing", "");
  text("searched", "");
  notice(words);
}

function hasFailed(error) {
  if (error.message === "link") return end("The device was started anew. Open the page by its new link.");
  if (Date.now() > closesAt - 1500) return end("This page has closed by itself. On the device, mien view opens it again.");
  drawFrame(null, "no answer");
  notice("The device does not answer; trying again.");
  retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
}

async function look() {
  const begun = Date.now();
  let waitMs = retryMs;
  if (!document.hidden) {
    try {
      const scene = await ask("scene");
      draw(scene);
      notice(refusal);
      retryMs = 500;
      waitMs = Math.max(20, scene.interval_ms - (Date.now() - begun));
    } catch (error) {
      hasFailed(error);
      waitMs = retryMs;
    }
  }
  if (!isOver) setTimeout(look, waitMs);
}

async function lookBack() {
  if (!document.hidden) {
    try {
      drawMoods(await ask("moods"));
    } catch {
      // `look` says what is wrong
    }
  }
  if (!isOver) setTimeout(lookBack, MOODS_EVERY_MS);
}

at("privacy").addEventListener("click", turnPrivacy);
look();
lookBack();
