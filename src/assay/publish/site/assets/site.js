// What every page has: the keys, the stars and reading marks, what figures rest on, and the filters of a list where there is one.
import { closeEvidence } from "./evidence.js";
import { listen } from "./keys.js";
import { mark } from "./stars.js";
import { connect } from "./filter.js";

for (const words of document.querySelectorAll(".no-script")) words.remove();
mark(document);
listen();
closeEvidence();
for (const form of document.querySelectorAll("form[data-filter]")) connect(form);
