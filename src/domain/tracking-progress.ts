/** How many resources a pass is about, and how many of them have been given their rule, or none, so far. */
export type TrackingProgress = { readonly resources: number; readonly assigned: number };
