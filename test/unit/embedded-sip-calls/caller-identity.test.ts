import { describe, expect, it } from 'vitest';
import { callerIdentity } from '../../../src/adapters/embedded-sip/caller-identity.js';
import { Stage } from './stage.js';

const stage = new Stage();
const who = (from: string, ...lines: string[]) => callerIdentity(stage.outside({ from: `${from};tag=far`, lines }));

describe('who calls (RFC 3261, RFC 3323, RFC 3325)', () => {
  it('is the user and name of From', () => {
    expect(who('"Alice" <sip:+442071234567@example.org>')).toEqual({ number: '+442071234567', name: 'Alice' });
    expect(who('<sip:alice@example.org>')).toEqual({ number: 'alice', name: null });
  });

  it('is decoded, and without the parameters of a telephone number', () => {
    expect(who('<sip:%2b44207;phone-context=x@example.org;user=phone>')).toEqual({ number: '+44207', name: null });
  });

  it('is the asserted identity rather than From', () => {
    const pai = 'P-Asserted-Identity: "Real" <sip:207@trunk.example>';
    expect(who('"Alice" <sip:1@example.org>', pai)).toEqual({ number: '207', name: 'Real' });
  });

  it('takes the tel: URI of two asserted identities, and the name of the other', () => {
    const pai = 'P-Asserted-Identity: "Real" <sip:x@trunk.example>, <tel:+44-207-1234>';
    expect(who('<sip:1@example.org>', pai)).toEqual({ number: '+442071234', name: 'Real' });
  });

  it.each(['id', 'user;critical', 'header;id', 'full'])('is withheld by Privacy: %s', (privacy) => {
    const pai = 'P-Asserted-Identity: <sip:207@trunk.example>';
    expect(who('"Alice" <sip:1@example.org>', pai, `Privacy: ${privacy}`)).toEqual({ number: null, name: null });
  });

  it.each([
    '<sip:anonymous@anonymous.invalid>',
    '"Anonymous" <sip:anonymous@example.org>',
    '<sip:x@anonymous.invalid>',
  ])('is withheld by From: %s', (from) => {
    expect(who(from)).toEqual({ number: null, name: null });
    expect(who(from, 'P-Asserted-Identity: <sip:207@trunk.example>')).toEqual({ number: null, name: null });
  });

  it('is the asserted identity behind an anonymous From when Privacy: none allows it', () => {
    const lines = ['P-Asserted-Identity: <sip:207@trunk.example>', 'Privacy: none'];
    expect(who('<sip:anonymous@anonymous.invalid>', ...lines)).toEqual({ number: '207', name: null });
  });

  it('is nobody where From has no user', () => {
    expect(who('<sip:example.org>')).toEqual({ number: null, name: null });
  });
});
