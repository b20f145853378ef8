import type { MenuId } from '../identifiers.js';

/** What the conference has opened: its choices, or an entry of digits. */
export type ConferenceMenu = ChoicesMenu | EntryMenu;

/** With codes among its choices (`*2`) it takes only these and lasts; otherwise it owns the bare digits, and `*` or time leave it. */
export interface ChoicesMenu {
  readonly kind: 'choices';
  readonly menuId: MenuId;
  readonly choices: readonly string[];
  /** Its own words are being said. */
  readonly speaking: boolean;
}

export interface EntryMenu {
  readonly kind: 'entry';
  readonly menuId: MenuId;
  readonly mostDigits: number;
  readonly digits: string;
}

/** "Press hash once more": lies over the menu that may be open. */
export interface ConfirmEnd {
  readonly kind: 'confirm-end';
  readonly over: ConferenceMenu | null;
}

export type Menu = ConferenceMenu | ConfirmEnd;
