import type { ConferenceOptions } from '../domain/conference-options.js';
import { accountId, type AccountId } from '../domain/identifiers.js';
import type { Account, AccountChange, AccountPins, CodeRole } from '../ports/store.js';
import { auditLine } from './audit-line.js';
import type { OpenStore } from './compose-store.js';
import { drawUntilAccepted, type WantedCode } from './drawing.js';

/** What is drawn for an account. */
interface Wanted {
  /** Digits of each PIN and code, 6 to 12. */
  readonly pinLength: number;
  /** A security code too; none where nothing is said. */
  readonly securityCode?: boolean;
  readonly contact?: Pick<Account, 'email' | 'timeZone' | 'language'>;
}

/**
 * Adds an account with freshly drawn PINs; they are returned this once and kept nowhere in readable form, but for the guest PIN, which is sealed.
 * @throws {PinsExhausted} or what the store throws; then nothing was added
 */
export function provisionAccount(
  stores: OpenStore,
  name: string,
  options: ConferenceOptions,
  wanted: Wanted,
): { readonly id: AccountId; readonly host: string; readonly guest: string; readonly security: string | null } {
  const { id, drawn } = addDrawn(stores, name, options, wanted, ['host', 'guest']);
  return { id, host: drawn.host ?? '', guest: drawn.guest ?? '', security: drawn.security ?? null };
}

/** The same with one access code for all, which is the one that is sealed, and a moderator PIN. */
export function provisionAccessCode(
  stores: OpenStore,
  name: string,
  options: ConferenceOptions,
  wanted: Wanted,
): { readonly id: AccountId; readonly access: string; readonly moderator: string; readonly security: string | null } {
  const { id, drawn } = addDrawn(stores, name, options, wanted, ['access', 'moderator']);
  return { id, access: drawn.access ?? '', moderator: drawn.moderator ?? '', security: drawn.security ?? null };
}

/**
 * Changes an account and gives it a freshly drawn security code in place of the one it may have; it is returned this once.
 * @throws {PinsExhausted} or what the store throws; then nothing was changed
 */
export const changeWithSecurityCode = (
  stores: OpenStore,
  id: AccountId,
  change: Omit<AccountChange, 'securityCode'>,
  length: number,
): string =>
  drawUntilAccepted(stores, { security: { length } }, ({ security }) => {
    stores.store.updateAccount(id, { ...change, securityCode: security });
  }).security;

type Roles = Readonly<Partial<Record<CodeRole, string>>>;

function addDrawn(
  stores: OpenStore,
  name: string,
  options: ConferenceOptions,
  { pinLength, securityCode, contact }: Wanted,
  pins: readonly CodeRole[],
): { readonly id: AccountId; readonly drawn: Roles } {
  const { store, clock, randomness } = stores;
  const id = accountId(randomness.identifier('a'));
  const roles = securityCode === true ? [...pins, 'security' as const] : pins;
  const wanted = Object.fromEntries(roles.map((role) => [role, wantedCode(id, role, pinLength)]));
  const drawn = drawUntilAccepted(stores, wanted, (codes) => {
    store.audited(auditLine('account-added', id), () =>
      store.addAccount(
        { id, name, enabled: true, options, createdAt: clock.wall(), ...contact },
        codes as unknown as AccountPins,
      ),
    );
  });
  return { id, drawn };
}

/** A PIN or code of an account itself; what guests key in is sealed. */
export const wantedCode = (account: AccountId, role: CodeRole, length: number): WantedCode => ({
  length,
  ...(role === 'guest' || role === 'access' ? { sealedFor: { account, role } } : {}),
});
