import { z } from 'zod';

const ANSWER_MS = 1500;

const ANYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Asks a bridge for a page of its HTTP side; `null`: it does not answer, or not so. */
async function pageOf(host: string, port: number, path: string): Promise<string | null> {
  const name = ANYWHERE[host] ?? host;
  try {
    const response = await fetch(`http://${name.includes(':') ? `[${name}]` : name}:${port}${path}`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

/** Whether a bridge answers at this HTTP address. */
export async function bridgeAnswers(host: string, port: number): Promise<boolean> {
  return (await pageOf(host, port, '/healthz'))?.trim() === 'ok';
}

const STATUS = z.object({
  engine: z.string(),
  calls: z.number().optional(),
  mixers: z.array(
    z.object({
      name: z.string(),
      healthy: z.boolean(),
      draining: z.boolean(),
      endpoints: z.number(),
      rooms: z.number(),
      limit: z.number().nullable(),
      version: z.string(),
    }),
  ),
});

/** What a bridge says of its calls and mixers, or `null` when none answers. @param address `host:port` as in its running note */
export async function bridgeStatus(address: string): Promise<z.infer<typeof STATUS> | null> {
  const colon = address.lastIndexOf(':');
  const page = await pageOf(address.slice(0, colon), Number(address.slice(colon + 1)), '/status');
  if (page === null) return null;
  try {
    return STATUS.parse(JSON.parse(page));
  } catch {
    return null;
  }
}
