/** The documents whose printed answers are real ones. */
export const ANSWERED = ["analysts.md", "http.md"] as const;
