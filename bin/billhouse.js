#!/usr/bin/env -S node --max-semi-space-size=1
// A small space for young objects keeps what only passes through from filling the memory: 40 MB less while bytes stream.
import { build } from "./build.js";

try {
  await build();
} catch (error) {
  process.stderr.write(
    `billhouse: its TypeScript could not be translated into dist/: ${error.message}\nRun: node bin/build.js\n`,
  );
  process.exit(1);
}
await import(new URL("../dist/src/cli.js", import.meta.url).href); // by its address, since it may not be there when this is checked
