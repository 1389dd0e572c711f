// The reference page: shows this server's own document, and mends what the component
// (RapiDoc) leaves open: contrast, names for its fields, a list of operations on a phone.
const rapidoc = document.querySelector("rapi-doc");
const loading = document.querySelector(".loading");
const list = document.querySelector("#goto");

// It follows the system's light or dark setting.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => rapidoc.setAttribute("theme", dark.matches ? "dark" : "light");
dark.addEventListener("change", follow);
follow();

// Its own colours miss the contrast of 4.5:1 on its own backgrounds.
// On a phone it hides what a member means: there that goes below the member.
const style = new CSSStyleSheet();
style.replaceSync(`
* { --primary-color: #0b57d0; --primary-color-invert: #fff; --light-fg: #5c5c5c; --fg3: #5c5c5c; --green: #3f6600; --blue: #0a6aa8;
  --purple: #5a50d8; --red: #b3261e; --orange: #a34b00; --pink: #b01f66; --yellow: #7a5c00; --brown: #7a5c2e; --inline-code-fg: #8f2f1f;
  --placeholder-color: #6b6b6b; --code-property-color: #0b57d0; --code-keyword-color: #0a5f96; --nav-text-color: #d6d6d6; --nav-accent-color: #8ab4f8; }
@media (prefers-color-scheme: dark) {
  * { --primary-color: #8ab4f8; --primary-color-invert: #1b1b1b; --light-fg: #b0b0b0; --fg3: #b0b0b0; --green: #9ccc65; --blue: #7cc4f5;
    --purple: #b8b2ff; --red: #ff9a8f; --orange: #ffb066; --pink: #ff9ac9; --yellow: #e8c46a; --brown: #d3b58b; --inline-code-fg: #e8b9a8;
    --placeholder-color: #a8a8a8; --code-property-color: #8ab4f8; --code-keyword-color: #7cc4f5; }
}
@media (max-width: 767px) {
  .tr { flex-wrap: wrap; }
  .tr > .td.key { width: 58%; min-width: 0; overflow-wrap: anywhere; white-space: normal; }
  .tr > .td.key-type { width: 38%; min-width: 0; }
  .td.key-descr, .expanded-descr .td.key-descr { display: block; flex: 0 0 100%; padding-left: 24px; }
}
.nav-bar-path, .nav-bar-tag, .nav-bar-info { outline-offset: -2px; }
:focus-visible { outline: 2px solid var(--primary-color); }
.nav-bar :focus-visible { outline-color: var(--nav-accent-color); }`);

// What it draws after each change of its own gets the names that it leaves out.
const roles = { ".nav-bar-path, .nav-bar-info": "link", ".nav-bar-tag, .nav-bar-expand-all, .nav-bar-collapse-all": "button" };
function name(root) {
  for (const field of root.querySelectorAll("input, textarea, select")) {
    field.setAttribute("aria-label", field.dataset.pname || field.placeholder || "Request body");
  }
  for (const key of root.querySelectorAll(".api-key-input")) key.type = "password"; // nobody reads along
  for (const [selector, role] of Object.entries(roles)) {
    for (const item of root.querySelectorAll(selector)) item.setAttribute("role", role);
  }
  for (const box of root.querySelectorAll("pre")) box.tabIndex = 0; // it scrolls
  root.querySelector(".nav-bar")?.setAttribute("aria-label", "Reference");
  root.querySelector(".nav-scroll")?.setAttribute("aria-label", "Operations");
}

function mend(element) {
  const prototype = customElements.get(element).prototype;
  const updated = prototype.updated;
  prototype.updated = function (...changed) {
    updated?.apply(this, changed);
    if (!this.shadowRoot.adoptedStyleSheets.includes(style)) this.shadowRoot.adoptedStyleSheets.push(style);
    name(this.shadowRoot);
  };
}

// The document as it is read best here: calls go where this page came from, "any other
// member" is not repeated under each object, and no idempotency key is used twice.
function readable(spec) {
  spec.servers = [{ url: location.origin }];
  delete spec.info.license;
  for (const schema of Object.values(spec.components.schemas)) {
    if (schema.properties) delete schema.additionalProperties;
  }
  for (const operation of Object.values(spec.paths).flatMap(Object.values)) {
    for (const parameter of operation.parameters ?? []) if (parameter.name === "Idempotency-Key") delete parameter.example;
    for (const { content = {} } of [operation.requestBody ?? {}, ...Object.values(operation.responses)]) {
      for (const body of Object.values(content)) body.examples = { Example: { value: example(body.schema, spec) } };
    }
  }
  return spec;
}

// A body out of the examples of its members; that of a request can be sent as it is.
function example(schema, spec) {
  if (schema.$ref) return example(spec.components.schemas[schema.$ref.split("/").pop()], spec);
  if (schema.items?.$ref) return [example(schema.items, spec)];
  if (!schema.properties) return schema.examples?.[0] ?? schema.default;
  return Object.fromEntries(Object.entries(schema.properties).map(([member, inner]) => [member, example(inner, spec)]));
}

function fill(spec) {
  list.append(new Option("Overview", "overview"), new Option("Authentication", "auth"));
  for (const tag of spec.tags) {
    const group = document.createElement("optgroup");
    group.label = tag.name;
    group.append(...tag.paths.map((operation) => new Option(operation.summary, operation.elementId)));
    list.append(group);
  }
  list.hidden = false;
}
list.addEventListener("change", () => rapidoc.scrollToPath(list.value));

try {
  const [answer] = await Promise.all([fetch("/openapi.json"), import("/docs/rapidoc.js")]);
  ["rapi-doc", "api-request", "api-response", "schema-table", "json-tree"].forEach(mend);
  rapidoc.addEventListener("spec-loaded", (event) => fill(event.detail), { once: true });
  rapidoc.hidden = false;
  await rapidoc.loadSpec(readable(await answer.json()));
  loading.remove();
} catch (error) {
  loading.textContent = "The reference could not be loaded. Reload the page to try again.";
  throw error;
}
