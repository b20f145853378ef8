import Srf from 'drachtio-srf';
import { Link, type LinkOptions } from './link.js';

/**
 * Connects to drachtio-server as an application that takes no calls, and leaves again.
 * @returns the SIP addresses it answers on, as it tells them: `udp/127.0.0.1:5060`
 * @throws Error with one clear line: wrong secret, or not reachable in time
 */
export async function probeDrachtio(options: LinkOptions): Promise<readonly string[]> {
  let told: readonly string[] = [];
  const link = new Link(new Srf(), options, {
    connected: (addresses) => (told = addresses),
    lost: () => undefined,
  });
  await link.open();
  link.close();
  return told;
}
