/** A moment to the second, in UTC: 2026-06-01 04:12:31. */
export function formatMoment(moment: string): string {
  return moment.slice(0, 19).replace("T", " ");
}
