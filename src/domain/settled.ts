/**
 * Waits for all of some works, also where one of them fails: whoever hears of the failure can be sure that nothing goes on
 * behind his back. Gives their results, or throws the first failure in the order of the arguments.
 */
export async function settled<Results extends unknown[]>(
  ...works: { [Index in keyof Results]: Promise<Results[Index]> | Results[Index] }
): Promise<Results> {
  await Promise.allSettled(works);
  return (await Promise.all(works)) as Results;
}
