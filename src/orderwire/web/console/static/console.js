// The console's script: fragments that renew themselves, keys, and questions before what cannot be undone.
"use strict";

const seconds = (element) => Number(element.dataset.seconds || 3) * 1000;

async function renew(element) {
  if (document.hidden) return;
  const open = [...element.querySelectorAll("details[open][id]")].map((each) => each.id);
  if (element.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
  try {
    const answer = await fetch(element.dataset.renew, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
    if (answer.status === 401) { window.location.reload(); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const focus = element.contains(document.activeElement) ? document.activeElement.id : "";
    element.innerHTML = await answer.text();
    open.forEach((id) => { const each = document.getElementById(id); if (each) each.open = true; });
    if (focus) document.getElementById(focus)?.focus();
    if (element.querySelector("[data-finished]")) { window.clearInterval(Number(element.dataset.timer)); }
    live(true);
  } catch { live(false); }
}

function live(well) {
  document.querySelectorAll(".live").forEach((each) => {
    each.classList.toggle("off", !well);
    each.textContent = well ? "live" : "not renewed: the server does not answer";
  });
}

document.querySelectorAll("[data-renew]").forEach((element) => {
  element.dataset.timer = String(window.setInterval(() => renew(element), seconds(element)));
});
if (document.querySelector("[data-renew]")) live(true);

document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.ask || form.dataset.ask;
  if (question && !window.confirm(question)) { event.preventDefault(); return; }
  if (form.method === "post") {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
  }
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-all]");
  if (all) document.querySelectorAll(`input[name="${all.dataset.all}"]`).forEach((box) => { box.checked = all.checked; });
});

let going = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (event.key === "/") { event.preventDefault(); document.getElementById("find")?.focus(); return; }
  if (going) {
    going = false;
    document.querySelector(`nav [data-key="${CSS.escape(event.key)}"]`)?.click();
    return;
  }
  if (event.key === "g") { going = true; window.setTimeout(() => { going = false; }, 1500); return; }
  if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll("tbody tr a.row-link")];
    const here = links.indexOf(document.activeElement);
    links[Math.max(0, Math.min(links.length - 1, here + (event.key === "j" ? 1 : -1)))]?.focus();
  }
});
