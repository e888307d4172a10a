// The pages work without this file; it only spares a reload, a scroll or a selection.
document.addEventListener("click", async (event) => {
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) { dismiss.parentElement.remove(); }

  const copy = event.target.closest("[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).innerText);
    copy.textContent = "Copied";
  }
});

document.addEventListener("htmx:load", () => {
  for (const button of document.querySelectorAll("[data-copy][hidden]")) { button.hidden = false; }
});

// A page swapped in by htmx starts where a loaded one would: at the fault, at the fragment, or at the top.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.closest?.("[data-poll]")) { return; }
  const place = document.querySelector("[aria-invalid=true]") ?? document.getElementById(location.hash.slice(1));
  if (place) {
    place.scrollIntoView({ block: "center" });
    return;
  }
  if (event.detail.elt === document.body || event.detail.target === document.body) {
    window.scrollTo(0, 0);
    document.getElementById("main").focus({ preventScroll: true });
  }
});

// A form is sent once, however often its button is pressed.
for (const [moment, busy] of [["htmx:beforeRequest", true], ["htmx:afterRequest", false]]) {
  document.addEventListener(moment, (event) => {
    if (!(event.detail.elt instanceof HTMLFormElement)) { return; }
    for (const button of event.detail.elt.querySelectorAll("button")) { button.disabled = busy; }
    event.detail.requestConfig?.triggeringEvent?.submitter?.toggleAttribute("data-busy", busy);
  });
}

// A part that is asked for by itself keeps what it shows when there is no answer, and says that it may be old.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.elt.matches("[data-poll]") && event.detail.xhr.status >= 400) { event.detail.shouldSwap = false; }
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.matches("[data-poll]")) { event.detail.elt.toggleAttribute("data-stale", event.detail.failed !== false); }
});

window.addEventListener("htmx:sendError", (event) => {
  if (event.target.matches?.("[data-poll]") || document.querySelector("[data-offline]")) { return; }
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.offline = "true";
  toast.setAttribute("role", "alert");
  toast.textContent = "WOPR cannot be reached. Check your connection and try again.";
  document.body.append(toast);
});
