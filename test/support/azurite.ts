export { startAzurite, type Azurite } from "../../src/demo/azurite.ts";
