// Keeps what a form asks for in the address of the page, so that a selection can be linked to.

function isTouched(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return "defaultValue" in field && field.value !== field.defaultValue;
  const atFirst = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex >= 0 && field.selectedIndex !== Math.max(atFirst, 0);
}

// What was typed or chosen before the script was there stays: it is newer than the address. Tells whether something was.
export function readAddress(form) {
  const touched = new Set([...form.elements].filter(isTouched).map(({ name }) => name));
  for (const [name, value] of new URL(location.href).searchParams) {
    const field = form.elements[name];
    if (!field || touched.has(name)) continue;
    if (field.type === "checkbox") field.checked = value === field.value;
    else field.value = value;
    if (field.value !== value && field.tagName === "SELECT") field.value = ""; // no such choice here
  }
  return touched.size > 0;
}

export function writeAddress(form) {
  const address = new URL(location.href);
  for (const field of form.elements) if (field.name) address.searchParams.delete(field.name);
  for (const [name, value] of new FormData(form)) if (value) address.searchParams.set(name, value);
  history.replaceState(null, "", address);
}
