/** Branded identifiers: a call's name cannot be passed where a conference's is wanted. */
declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** One call attempt, from the first INVITE to its record. Chosen by the bridge, unique for ever. */
export type CallId = Branded<string, 'CallId'>;
/** One conference: the room of one account, or of one occurrence of one of its bookings. */
export type ConferenceId = Branded<string, 'ConferenceId'>;
export type AccountId = Branded<string, 'AccountId'>;
/** One booking of an account, with all its occurrences. */
export type BookingId = Branded<string, 'BookingId'>;
/** One person invited to one booking. */
export type InviteeId = Branded<string, 'InviteeId'>;
/** One list of sounds played to a caller or a room; every play ends in exactly one finish. */
export type PlayId = Branded<string, 'PlayId'>;
/** One setting of a timer; a timer that was set again has another identity, so that a late one is dropped. */
export type TimerId = Branded<string, 'TimerId'>;
/** One question to the store about an entered PIN. */
export type LookupId = Branded<string, 'LookupId'>;

/** One name a caller has said, as recorded: kept until the conference ends. */
export type NameId = Branded<string, 'NameId'>;
/** One opening of a menu or an entry: what is keyed in an earlier one means nothing any more. */
export type MenuId = Branded<string, 'MenuId'>;

export const callId = (value: string): CallId => value as CallId;
export const conferenceId = (value: string): ConferenceId => value as ConferenceId;
export const accountId = (value: string): AccountId => value as AccountId;
export const bookingId = (value: string): BookingId => value as BookingId;
export const inviteeId = (value: string): InviteeId => value as InviteeId;
export const playId = (value: string): PlayId => value as PlayId;
export const timerId = (value: string): TimerId => value as TimerId;
export const nameId = (value: string): NameId => value as NameId;
export const menuId = (value: string): MenuId => value as MenuId;
export const lookupId = (value: string): LookupId => value as LookupId;
