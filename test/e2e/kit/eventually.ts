const LOOK_MS = 200;

/** Asks until the answer is as it should be. Unlike `expect.poll` also where scenes of one file are played at the same time. @throws Error at the limit */
export async function eventually<Answer>(
  what: string,
  limitMs: number,
  ask: () => Answer | Promise<Answer>,
  holds: (answer: Answer) => boolean,
): Promise<Answer> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
