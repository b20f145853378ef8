/** Closes an exhaustive switch: adding a case to the union makes every switch that forgot it fail to compile. */
export function assertNever(value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`);
}
