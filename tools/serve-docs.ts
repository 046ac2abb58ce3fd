import { once } from "node:events";
import { openScene } from "./documents/scene.ts";

// Keeps up what the documents ask, until Ctrl-C, so that their commands can be typed and give the printed answers.
process.stdout.write("Importing two months of generated exports …\n");
const scene = await openScene();
const exported = Object.entries(scene.variables).map(([name, value]) => `  export ${name}=${value}\n`);
process.stdout.write(`In another terminal:\n${exported.join("")}Ctrl-C ends it.\n`);
await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
await scene.close();
