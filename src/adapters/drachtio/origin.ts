const ORIGIN = /^o=(\S+) (\S+) (\d{1,20}) (IN IP[46] \S+)/m;

/**
 * The o= line of what we send within one caller's dialog (RFC 3264 section 8): user, session identifier and address stay as first sent,
 * whichever mixer wrote the session description, and the version grows by one whenever the text changes.
 */
export class Origin {
  #last: string | null = null;
  #first: { readonly user: string; readonly session: string; readonly address: string } | null = null;
  #version = 0n;

  /** The session description as it is to be sent next; one without an o= line is left alone. */
  continue(sdp: string): string {
    const [line, user, session, version, address] = ORIGIN.exec(sdp) ?? [];
    if (line === undefined || user === undefined || session === undefined || version === undefined) return sdp;
    if (this.#first === null) {
      this.#first = { user, session, address: address ?? '' };
      this.#version = BigInt(version);
    } else if (sdp !== this.#last) {
      this.#version++;
    }
    this.#last = sdp;
    const first = this.#first;
    return sdp.replace(line, () => `o=${first.user} ${first.session} ${this.#version} ${first.address}`);
  }
}
