/** What imports have come to do since some began that may still be running: those go on as they began. */
export const PATCHES = {
  tracksResources: "import-source-tracks-resources",
  joinsSteps: "import-source-joins-steps",
  opensWithLoad: "import-run-opens-with-load",
  settlesAtOnce: "import-source-settles-at-once",
  finishesAtHand: "import-run-finishes-at-hand",
} as const;
