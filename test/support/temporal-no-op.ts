/** A workflow that does nothing but give back what it got. */
export async function noOp(text: string): Promise<string> {
  return text;
}
