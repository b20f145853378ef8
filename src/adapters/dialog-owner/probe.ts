import { connect } from 'node:net';
import { Peer } from './peer.js';
import {
  PROTOCOL_VERSION,
  type ControlNotices,
  type ControlRequests,
  type OwnerNotices,
  type OwnerRequests,
  type OwnerSigns,
} from './protocol.js';

/** Why nobody can be spoken to at a socket, by what the system says. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket: start `partyline dialog-owner`',
  ECONNREFUSED: 'nobody listens there any more: start `partyline dialog-owner`',
  EACCES: 'it belongs to another user: run this as the user who runs the bridge',
};

/**
 * Looks whether a dialog owner works at a socket, without becoming its control process.
 * @throws Error with one clear line: nobody there, no answer in time, or another version of the protocol
 */
export async function probeDialogOwner(path: string, timeoutMs: number): Promise<OwnerSigns> {
  const socket = connect(path);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the dialog owner at ${path} does not answer: restart it`)), timeoutMs);
  });
  try {
    await Promise.race([connected(), late]);
    const peer = new Peer<ControlRequests, ControlNotices, OwnerRequests, OwnerNotices>(
      socket,
      { mediaOffered: () => Promise.reject(new Error('nothing is answered here')) },
      NOTHING_TAKEN,
      () => undefined,
    );
    const asked = peer.ask('ping', {}).catch((error: unknown) => {
      throw new Error(`the dialog owner at ${path} ends the connection: see its log, or restart it`, { cause: error });
    });
    const signs = await Promise.race([asked, late]);
    if (signs.version !== PROTOCOL_VERSION) {
      throw new Error(
        `the dialog owner at ${path} speaks version ${signs.version} of the protocol, this Partyline ${PROTOCOL_VERSION}: both must be of the same release`,
      );
    }
    return signs;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }

  function connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error) => {
        const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
        reject(new Error(`no dialog owner at ${path} (${code}): ${REASONS[code] ?? 'start `partyline dialog-owner`'}`));
      });
    });
  }
}

const nothing = (): void => undefined;
const NOTHING_TAKEN = {
  state: nothing,
  incomingCall: nothing,
  cancelled: nothing,
  progressed: nothing,
  answered: nothing,
  notAnswered: nothing,
  hungUp: nothing,
  keyPressed: nothing,
  mediaAnswered: nothing,
  legEnded: nothing,
  trouble: nothing,
};
