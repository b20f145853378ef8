import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Booking } from '../../ports/store-bookings.js';
import { auditLineIf } from '../audit-line.js';
import { nameSound } from '../compose-spoken-names.js';
import { withExamples } from './arguments.js';
import { findBooking, findInvitee, standing } from './booking-flags.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';

/** More than any recording of a name, bytes: a minute of sound. */
const LARGEST_FILE = 1_000_000;
/** As much as callers have for it, seconds. */
const LONGEST_S = 5;

export function registerSay(booking: Command, context: CliContext): void {
  const command = booking
    .command('say')
    .description(
      "keep how an invitee's name is said: roll call and announcements use it, and the caller is not asked for a name",
    )
    .argument('<booking>', 'id of the booking')
    .argument('<invitee>', 'id or name of the invitee')
    .argument('<file>', 'a WAV file: mono, 16 bits, 8 kHz');
  withExamples(command, 'partyline booking say b8m2k5x0w9q4t7r1n3v6 "Ann Bell" ann-bell.wav').action(
    (reference: string, whom: string, file: string) =>
      context.withStore((store) => {
        const found = standing(findBooking(store, reference));
        const { id, name } = findInvitee(store, found, whom);
        const sound = readSound(context, found, file);
        const isKept = store.audited(auditLineIf('booking-changed', found.id), () => store.keepSpokenName(id, sound));
        if (!isKept) throw new Refused(`${name} was revoked just now`);
        context.print(`${name} (${id}) is said as in ${file}, from the next call on.`);
      }),
  );
}

/** The name in the file, as it is played. @throws {Refused} */
export function readSound(context: CliContext, { id, personalPins }: Booking, file: string): Uint8Array {
  if (!personalPins) {
    throw new Refused(`${id} has one guest PIN for all: whose name to say is known only by --personal-pins`);
  }
  try {
    const path = resolve(context.io.workingDirectory, file);
    if (statSync(path).size > LARGEST_FILE) throw new Error('it is longer than any name');
    const sound = nameSound(readFileSync(path));
    if (sound === null) throw new Error('nobody is heard to speak in it');
    if (sound.seconds > LONGEST_S) throw new Error(`it is longer than ${LONGEST_S} s`);
    return sound.wav;
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : (error as Error).message;
    throw new Refused(`${file} cannot be used as a name (${reason}): it must be a WAV file, mono, 16 bits, 8 kHz`);
  }
}
