// Whoever logs in next must not send what the reader before could not: see outbox.js.
sessionStorage.removeItem("assay-unsent");
