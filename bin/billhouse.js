#!/usr/bin/env -S node --max-semi-space-size=1
// A small space for young objects keeps what only passes through from filling the memory: 40 MB less while bytes stream.
// Runs the TypeScript source, from a checkout and from node_modules alike (Node itself strips no types below
// node_modules). The tsconfig.json of whatever folder the command is called in has no say.
import { register } from "tsx/esm/api";

register({ tsconfig: false });
await import("../src/cli.ts");
