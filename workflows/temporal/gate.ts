import { condition, defineSignal, setHandler } from "@temporalio/workflow";
import type { ChildWorkflowHandle, Workflow } from "@temporalio/workflow";
import { MESSAGES } from "../../src/domain/workflow-names.ts";
import { knownFailure } from "./failures.ts";

/** Where a workflow waits while it is paused. */
export type Gate = {
  readonly isPaused: () => boolean;
  /** Waits until it is not paused. */
  readonly pass: () => Promise<void>;
  /** Hands what is signalled down to a child, from now until it is let go. */
  readonly adopt: (child: ChildWorkflowHandle<Workflow>) => void;
  readonly letGo: (child: ChildWorkflowHandle<Workflow>) => void;
};

const pause = defineSignal(MESSAGES.pause);
const resume = defineSignal(MESSAGES.resume);

/** Makes this workflow answer to the signals `pause` and `resume`. */
export function createGate(isPausedAtFirst = false): Gate {
  let isPaused = isPausedAtFirst;
  const children = new Set<ChildWorkflowHandle<Workflow>>();
  const tell = (child: ChildWorkflowHandle<Workflow>) => {
    child.signal(isPaused ? pause : resume).catch(() => undefined); // it has ended meanwhile
  };
  setHandler(pause, () => {
    isPaused = true;
    for (const child of children) tell(child);
  });
  setHandler(resume, () => {
    isPaused = false;
    for (const child of children) tell(child);
  });
  return {
    isPaused: () => isPaused,
    async pass() {
      if (!isPaused) return;
      try {
        await condition(() => !isPaused);
      } catch (error) {
        throw knownFailure(error);
      }
    },
    adopt(child) {
      children.add(child);
      if (isPaused) tell(child);
    },
    letGo: (child) => void children.delete(child),
  };
}
