// Check a text: Ctrl+Enter sends it, and a figure that is pointed to from the list shows at once what it rests on.
const form = document.querySelector("#text");

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit();
});

for (const link of document.querySelectorAll("a[href^='#figure-']")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    event.stopPropagation(); // a click elsewhere closes what is open
    const figure = document.querySelector(link.hash);
    figure.open = true;
    figure.querySelector("summary").focus();
    figure.scrollIntoView({ block: "center" });
  });
}
