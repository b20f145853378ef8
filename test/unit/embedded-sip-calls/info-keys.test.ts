import { describe, expect, it } from 'vitest';
import { readInfo } from '../../../src/adapters/embedded-sip/info-keys.js';
import { KEYS } from '../../../src/domain/keys.js';

const relay = (signal: string) => readInfo('application/dtmf-relay', `Signal=${signal}\r\nDuration=160\r\n`);

describe('keys in INFO bodies', () => {
  it.each(KEYS)('reads %s in both body types', (key) => {
    expect(relay(key)).toEqual({ kind: 'key', key });
    expect(readInfo('application/dtmf', key)).toEqual({ kind: 'key', key });
  });

  it('reads 10 to 15 as the event numbers of *, #, A to D', () => {
    const keys = ['10', '11', '12', '13', '14', '15'].map(relay);
    expect(keys.map((body) => (body.kind === 'key' ? body.key : body.kind))).toEqual(['*', '#', 'A', 'B', 'C', 'D']);
  });

  it('tolerates spaces, case, order and bare line feeds', () => {
    expect(readInfo('application/dtmf-relay', 'duration = 100\nsignal = d \n')).toEqual({ kind: 'key', key: 'D' });
    expect(readInfo('application/dtmf', ' 5\r\n')).toEqual({ kind: 'key', key: '5' });
  });

  it('finds no key in a hook flash or an empty body', () => {
    expect([relay('16'), relay('!'), relay('flash')].map((body) => body.kind)).toEqual(Array(3).fill('nothing'));
    expect(readInfo(null, '')).toEqual({ kind: 'nothing' });
  });

  it('calls the rest malformed or unsupported', () => {
    expect(relay('17').kind).toBe('malformed');
    expect(relay('55').kind).toBe('malformed');
    expect(readInfo('application/dtmf-relay', 'Duration=160').kind).toBe('malformed');
    expect(readInfo('application/dtmf', '55').kind).toBe('malformed');
    expect(readInfo('application/media_control+xml', '<x/>').kind).toBe('unsupported');
    expect(readInfo(null, 'x').kind).toBe('unsupported');
  });
});
