"use strict";

// One question at a time: asked, answered, told. All words come from the server as text and go in as text.

const at = (id) => document.getElementById(id);
let question = null;
let isAnswered = false;

async function ask(what, given = {}) {
  const reply = await fetch(what, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(given),
  });
  const found = await reply.json();
  if (!reply.ok) throw new Error(found.error);
  return found;
}

function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function showQuestion(found) {
  question = found;
  isAnswered = false;
  at("face").src = found.picture;
  at("face").alt = "A face from the data set, in grey.";
  at("face").hidden = false;
  at("choices").replaceChildren(...found.choices.map(choiceButton));
  at("hints").replaceChildren(...found.hint.map((words) => element("li", sentenceOf(words))));
  at("hint").hidden = found.hint.length === 0;
  at("hint").open = false;
  at("result").hidden = true;
  showProgress(found.progress);
}

function choiceButton(choice, place) {
  const button = element("button", choice.name, { type: "button", "data-id": choice.id, lang: question.lang });
  if (place < 9) {
    button.append(element("kbd", String(place + 1), { "aria-hidden": "true" }));
    button.setAttribute("aria-keyshortcuts", String(place + 1));
  }
  button.addEventListener("click", () => answer(choice.id));
  return button;
}

async function answer(name) {
  if (isAnswered || question === null) return;
  isAnswered = true;
  try {
    showResult(name, await ask("answer", { id: question.id, name }));
  } catch (error) {
    isAnswered = false;
    fail(error);
  }
}

function showResult(name, found) {
  for (const button of at("choices").children) {
    button.setAttribute("aria-disabled", "true");
    button.classList.toggle("chosen", button.dataset.id === name);
    button.classList.toggle("truth", button.dataset.id === found.truth.id);
  }
  at("verdict").textContent = found.verdict;
  at("people").textContent = found.people;
  at("sentence").textContent = found.sentence;
  at("saliency").src = found.saliency;
  at("saliency").alt = `The same face; what counts for ${found.network.name} in the network glows.`;
  at("meaning").textContent = found.meaning;
  at("units").replaceChildren(...found.units.map(unitLine));
  at("units-part").hidden = found.units.length === 0;
  at("result").hidden = false;
  showProgress(found.progress);
  at("failed").textContent = "";
  at("said").textContent = `${found.verdict} ${found.people}`;
  at("next").focus();
}

function unitLine(unit) {
  return element("li", `${sentenceOf(unit.in_words)}: ${unit.intensity.toFixed(1)} of 5`);
}

function sentenceOf(words) {
  return words[0].toUpperCase() + words.slice(1);
}

function showProgress(rows) {
  at("progress").replaceChildren(...rows.map(progressRow));
}

function progressRow(row) {
  const made = element("tr");
  const bar = element("progress", "", {
    max: String(Math.max(row.asked, 1)),
    value: String(row.right),
    "aria-label": `${row.name}: ${row.right} of ${row.asked} right`,
  });
  const cell = element("td");
  cell.append(bar);
  made.append(element("th", row.name, { scope: "row", lang: question.lang }), element("td", row.right), element("td", row.asked), cell);
  return made;
}

async function next() {
  try {
    showQuestion(await ask("question"));
    at("failed").textContent = "";
    at("said").textContent = "The next picture.";
    at("question").focus();
  } catch (error) {
    fail(error);
  }
}

async function forget() {
  if (!confirm("Forget all progress, and begin anew?")) return;
  try {
    showProgress((await ask("forget")).progress);
    at("said").textContent = "The progress is forgotten.";
  } catch (error) {
    fail(error);
  }
}

function fail(error) {
  const isGone = error instanceof TypeError;
  at("failed").textContent = isGone ? "mien-train has ended. Start it again, and open its new address." : error.message;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || question === null) return;
  if (isAnswered && event.key.toLowerCase() === "n") {
    next();
  } else if (!isAnswered && /^[1-9]$/.test(event.key)) {
    const choice = question.choices[Number(event.key) - 1];
    if (choice) answer(choice.id);
  }
});
at("next").addEventListener("click", next);
at("forget").addEventListener("click", forget);
ask("question").then(showQuestion, fail);
