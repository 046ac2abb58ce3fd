/** For imports in which no API is asked. */
export function openNoExtractor(): never {
  throw new RangeError("Nothing asks an API here");
}
