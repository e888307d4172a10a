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
  });
}

window.addEventListener("htmx:sendError", () => {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.setAttribute("role", "alert");
  toast.textContent = "WOPR cannot be reached. Check your connection and try again.";
  document.body.append(toast);
});
