// Comfort only: one click is enough, a waiting page looks for its result, and a
// value to correct has the caret at its end.
(function () {
  var said = document.getElementById("said");
  function calm(form, button, label) {
    delete form.dataset.sent;
    button.removeAttribute("aria-disabled");
    label.textContent = label.dataset.text;
    said.textContent = "";
  }
  // A secret that cannot be the one that is asked for, perhaps the person's own
  // password, does not leave this browser.
  function mistaken(form) {
    var input = form.querySelector("input[data-mismatch]");
    if (!input || !input.validity.patternMismatch) { return false; }
    var note = document.getElementById(input.id + "-error");
    note.querySelector("span").textContent = input.dataset.mismatch;
    note.hidden = false;
    input.parentNode.classList.add("wrong");
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", note.id + " " + input.id + "-hint");
    input.select();
    return true;
  }
  document.addEventListener("submit", function (event) {
    var form = event.target, button = event.submitter;
    if (mistaken(form)) { event.preventDefault(); return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    var label = button ? button.querySelector("[data-busy]") : null;
    if (!label) { return; }
    form.dataset.sent = "1";
    // Not the disabled attribute: it would drop the button's value from the form.
    button.setAttribute("aria-disabled", "true");
    label.dataset.text = label.textContent;
    label.textContent = said.textContent = label.dataset.busy;
    // A form that ends at an application's own scheme leaves this page standing.
    setTimeout(calm, 8000, form, button, label);
    addEventListener("pageshow", function (show) { if (show.persisted) { calm(form, button, label); } });
  });
  // Facebook leaves "#_=_" behind its callback, and redirects carry it along.
  if (location.hash === "#_=_") { history.replaceState(null, "", location.pathname + location.search); }
  var field = document.querySelector("input[type=text][autofocus]");
  if (field) { field.setSelectionRange(field.value.length, field.value.length); }
  var again = document.querySelector("[data-refresh]");
  if (again) { setTimeout(function () { location.replace(again.href); }, again.dataset.refresh * 1000); }
})();
