import { DialogOwner } from '../adapters/dialog-owner/owner.js';
import { DrachtioSignaling } from '../adapters/drachtio/signaling.js';
import type { Log } from '../bridge/log.js';
import { hushLibraries } from './log.js';

interface DialogOwnerSettings {
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string };
  /** Path of the unix socket the control process comes to. */
  readonly socket: string;
}

/** The dialog owner at drachtio-server. */
export function composeDialogOwner({ drachtio, socket }: DialogOwnerSettings, log: Log): DialogOwner {
  hushLibraries(log);
  return new DialogOwner({
    signaling: new DrachtioSignaling(drachtio),
    socket,
    log: (message) => log.info({}, message),
  });
}
