/** A telephone key. A to D exist on trunks and test sets; they mean nothing here but must not disturb. */
export const KEYS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'] as const;
export type Key = (typeof KEYS)[number];

/** How a key came: RFC 4733 event, SIP INFO, or tones in the audio. */
export type KeyMethod = 'event' | 'info' | 'inband';

export const isKey = (value: string): value is Key => (KEYS as readonly string[]).includes(value);
