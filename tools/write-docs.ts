import { writeFileSync } from "node:fs";
import { columnsDocument } from "./columns-document.ts";

// Writes the documents that are made from the code.
writeFileSync(new URL("../docs/columns.md", import.meta.url), columnsDocument());
