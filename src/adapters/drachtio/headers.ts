/** Headers of our own responses and requests. */
export const ALLOW: Record<string, string> = {
  Allow: 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK',
  Supported: 'timer, 100rel',
};
export const contentHeaders: Record<string, string> = { 'Content-Type': 'application/sdp' };
/** Option tags understood in Require. */
export const EXTENSIONS: ReadonlySet<string> = new Set(['timer', '100rel']);
