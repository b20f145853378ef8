/** Whether two SDPs say the same but for the origin line, which alone tells that one of them is newer (RFC 4566 section 5.2). */
export function sameSession(one: string, other: string): boolean {
  return withoutOrigin(one) === withoutOrigin(other);
}

const withoutOrigin = (sdp: string): string =>
  sdp
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('o=') && line.trim() !== '')
    .map((line) => line.trimEnd())
    .join('\n');
