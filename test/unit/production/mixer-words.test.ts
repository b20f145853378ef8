import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { playCommand, roomName, soundArgument } from '../../../src/adapters/freeswitch/names.js';
import { factsOf } from '../../../src/adapters/freeswitch/offer.js';
import { checkSecret, renderTemplate } from '../../../src/adapters/local-programs/template.js';
import { conferenceId } from '../../../src/domain/identifiers.js';
import { MediaNotAcceptable } from '../../../src/ports/media.js';

const sdp = (lines: readonly string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=-', 'c=IN IP4 10.0.0.1', 't=0 0', ...lines, ''].join('\r\n');

describe('offers, before the mixer sees them', () => {
  it.each([
    [['m=audio 4000 RTP/AVP 0'], false, false],
    [['m=audio 4000 RTP/AVP 8 101', 'a=rtpmap:101 telephone-event/8000'], false, true],
    [['m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 PCMA/8000', 'a=sendonly'], true, false],
    [['a=inactive', 'm=audio 4000 RTP/AVP 0'], true, false],
    [['m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0'], true, false],
    [['m=audio 4000 RTP/AVP 0', 'a=recvonly'], false, false],
  ])('%j', (lines, held, telephoneEvents) => {
    expect(factsOf(sdp(lines))).toEqual({ held, telephoneEvents, secure: false });
  });

  it('takes audio secured by keys in the SDP', () => {
    const crypto = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}`;
    expect(factsOf(sdp(['m=audio 4000 RTP/SAVP 0', crypto]))).toMatchObject({ secure: true });
    expect(factsOf(sdp(['m=audio 4000 RTP/AVP 0', crypto]))).toMatchObject({ secure: false });
  });

  it.each([
    ['', 'nothing'],
    ['nonsense', 'garbage'],
    [sdp([]), 'no audio'],
    [sdp(['m=audio 0 RTP/AVP 0']), 'audio declined'],
    [sdp(['m=audio 4000 RTP/AVP 18']), 'no common codec'],
    [sdp(['m=audio 4000 RTP/AVP 0', 'a=rtpmap:0 G729/8000']), 'a codec in disguise'],
    [sdp(['m=audio 4000 RTP/SAVP 0']), 'secured audio without keys'],
    [sdp(['m=audio 4000 RTP/SAVP 0', `a=crypto:1 AES_CM_128_NULL_AUTH inline:${'A'.repeat(40)}`]), 'no common suite'],
    [sdp(['m=audio 4000 UDP/TLS/RTP/SAVP 0']), 'keys by DTLS'],
    [sdp(['m=video 4000 RTP/AVP 0']), 'video only'],
  ])('refuses %j (%s)', (text) => {
    expect(() => factsOf(text)).toThrow(MediaNotAcceptable);
  });
});

describe('names at the mixer', () => {
  it('gives every room a name of its own, with nothing in it that means something to the mixer', () => {
    const rooms = ['main', 'a b', 'a_b', 'a@b', 'a+flags{endconf}', 'ä', '../x'];
    const names = rooms.map((room) => roomName(conferenceId(room)));
    expect(new Set(names).size).toBe(rooms.length);
    for (const name of names) expect(name).toMatch(/^partyline-[\w-]+$/);
  });

  it.each(['/srv/prompts/en/welcome.wav', '/home/Zoë/my sounds/1.wav', '/a/node_modules/@x/b-c_d~1.wav'])(
    'plays %s',
    (path) => {
      expect(soundArgument(path)).toBe(path);
    },
  );

  it.each([
    'relative.wav',
    '/a!/etc/passwd',
    '/a/{vol=9}b.wav',
    "/a/it's.wav",
    '/a/${domain}.wav',
    '/a\nuuid_kill x',
    'tone_stream://%(1,1,1)',
    '/a/x@@y.wav',
    '',
  ])('does not play %j', (path) => {
    expect(soundArgument(path)).toBeNull();
  });

  it('quotes what it plays into a room', () => {
    expect(playCommand('partyline-a', 't-1', '/a b.wav', '7')).toBe(
      "conference partyline-a play '{partyline_play=t-1}/a b.wav' 7",
    );
  });
});

describe('configuration', () => {
  it('escapes what is filled in, and wants every value', () => {
    expect(renderTemplate('<a b="{{x}}">{{partXml}}</a>', { x: '"<&', partXml: '<c/>' })).toBe(
      '<a b="&#34;&#60;&#38;"><c/></a>',
    );
    expect(() => renderTemplate('{{missing}}', {})).toThrow('no value for missing');
  });

  it.each(['ClueCon', 'cymru', 'short'])('refuses the secret %s', (secret) => {
    expect(() => checkSecret(secret, 'the mixer')).toThrow('the secret of the mixer is known to everyone');
  });

  it('names no secret, no user and no port of its own, and logs below the level that shows keys', () => {
    const folder = fileURLToPath(new URL('../../../freeswitch-conf/', import.meta.url));
    const files = ['mixer', 'signalling'].flatMap((part) =>
      readdirSync(`${folder}${part}`).map((file) => readFileSync(`${folder}${part}/${file}`, 'utf8')),
    );
    const all = files.join('\n');
    expect(all).not.toMatch(/ClueCon|cymru|0\.0\.0\.0|<user\b|X-esl-outbound/);
    expect(all).toContain('<param name="loglevel" value="notice"/>');
    expect(all).toContain('<loglevel>notice</loglevel>');
    expect(all).toContain('<sofia-loglevel>0</sofia-loglevel>');
    for (const acl of ['partyline-signalling', 'partyline-control']) {
      expect(all).toContain(`<param name="apply-inbound-acl" value="${acl}"/>`);
    }
  });
});
